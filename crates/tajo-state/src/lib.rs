//! tajo-state
