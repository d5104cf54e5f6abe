"""Webhooks: whoever wants is told of events, signed, in order, at least once (RS-040 … RS-048, PL-101, AT-500 …).

`endpoints` holds what people do, `formats` is where a face registers a format of its own."""
