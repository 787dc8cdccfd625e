//! What is counted, and what leads where.

use super::*;
