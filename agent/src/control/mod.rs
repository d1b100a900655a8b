//! The local socket: protocol, server, client.
