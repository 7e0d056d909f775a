//! `redis-server` and nginx, and the packages that have them.

use std::path::PathBuf;

use anyhow::Result;

use crate::debian::program;

pub(super) struct Programs {
    pub(super) redis: PathBuf,
    pub(super) nginx: PathBuf,
}

pub(super) fn find() -> Result<Programs> {
    Ok(Programs {
        redis: program("redis-server", "usr/bin/redis-server", REDIS)?,
        nginx: program("nginx", "usr/sbin/nginx", NGINX)?,
    })
}

/// With the libraries that a machine need not have.
const REDIS: &[&str] = &["redis-server", "redis-tools", "libjemalloc2", "liblzf1"];
const NGINX: &[&str] = &["nginx", "libpcre2-8-0"];
