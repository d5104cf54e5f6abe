"""Notifications: people are told what concerns them, in the desk and by mail (RS-027, RS-067, RS-074, RS-088, CE-108).

`news` says who is told of what, `inbox` is the door for faces, `letters` and `sending` are the mail."""
