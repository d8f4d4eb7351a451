//! threadkit
