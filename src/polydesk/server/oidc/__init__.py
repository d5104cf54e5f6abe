"""Single sign-on through one OpenID Connect provider, named by the settings (PL-211, RS-134).

allauth's flow with what it leaves open closed: the ID token is asked for, its signature, issuer, audience, time and
nonce are checked, and an address joins an account only when the provider has confirmed it."""
