//! Photos made of pictures that are made here: what the camera may give, what it should not, and what the disk may do.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod files;
mod mark;
mod pictures;
mod process;
