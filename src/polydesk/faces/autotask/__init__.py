"""The Autotask face: `/atservicesrest/v1.0` for client libraries written for that vendor (seed 002)."""
