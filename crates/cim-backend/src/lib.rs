//! cim-backend
