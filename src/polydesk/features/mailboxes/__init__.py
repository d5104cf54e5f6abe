"""Mail that comes in: the addresses of an organization, and every message as it came (RS-026, RS-065, RS-076).

`taking` keeps a message before anybody reads it, `boxes` and `messages` are the doors for faces; what a message means
is the channel's matter (`polydesk.channels.email`)."""
