"""Mail as a face: messages become tickets and answers, and nothing more of them is believed (RS-026, RS-065–RS-078)."""
