//! Where the S3-compatible store is: `s3://BUCKET/PREFIX?endpoint=https://HOST&region=REGION`.
//!
//! The access key comes from `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`, or stands in the address
//! (`s3://KEY:SECRET@BUCKET…`), which then had better be given in the environment. Plain HTTP is for loopback only.

use std::{fmt, str::FromStr};

use object_store::{
    ClientOptions, RetryConfig,
    aws::{AmazonS3, AmazonS3Builder},
};
use url::{Host, Url};

use super::{PhotoError, Result};

/// Where it is. It may hold a secret, so it is never shown.
#[derive(Clone)]
pub struct Address {
    bucket: String,
    pub(super) prefix: String,
    endpoint: Option<String>,
    region: String,
    is_plain: bool,
    key: Option<(String, String)>,
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Address").field(&self.bucket).field(&self.prefix).finish()
    }
}

impl Address {
    pub(super) fn client(&self) -> Result<AmazonS3> {
        // A depot's store is near: what does not answer soon does not answer, and the tablet will ask again.
        let retry =
            RetryConfig { max_retries: 3, retry_timeout: std::time::Duration::from_secs(30), ..Default::default() };
        let builder = match &self.key {
            Some((key, secret)) => AmazonS3Builder::new().with_access_key_id(key).with_secret_access_key(secret),
            None => AmazonS3Builder::from_env(),
        };
        let builder = builder
            .with_bucket_name(&self.bucket)
            .with_region(&self.region)
            .with_retry(retry)
            .with_client_options(ClientOptions::new().with_allow_http(self.is_plain));
        let builder = match &self.endpoint {
            Some(endpoint) => builder.with_endpoint(endpoint),
            None => builder,
        };
        Ok(builder.build()?)
    }
}

impl FromStr for Address {
    type Err = PhotoError;

    fn from_str(text: &str) -> Result<Self> {
        // The causes are left out: they may repeat the secret.
        let bad = |why: &str| PhotoError::Address(why.to_owned());
        let url = Url::parse(text).map_err(|_| bad("it cannot be read"))?;
        if url.scheme() != "s3" {
            return Err(bad("it begins with s3://"));
        }
        let bucket = url.host_str().filter(|b| !b.is_empty()).ok_or_else(|| bad("it names no bucket"))?.to_owned();
        let plain = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
        let key = url.password().map(|secret| (plain(url.username()), plain(secret)));
        let mut address = Self {
            bucket,
            prefix: url.path().trim_matches('/').to_owned(),
            endpoint: None,
            region: "us-east-1".to_owned(),
            is_plain: false,
            key,
        };
        for (name, value) in url.query_pairs() {
            match name.as_ref() {
                "region" => address.region = value.into_owned(),
                "endpoint" => {
                    let endpoint = Url::parse(&value).map_err(|_| bad("its endpoint cannot be read"))?;
                    address.is_plain = endpoint.scheme() == "http";
                    if address.is_plain && !is_loopback(&endpoint) {
                        return Err(bad("its endpoint is plain HTTP, which is for this machine only: use https://"));
                    }
                    address.endpoint = Some(value.into_owned());
                }
                _ => return Err(bad("it takes endpoint= and region=, nothing else")),
            }
        }
        Ok(address)
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]
mod tests {
    use super::*;

    #[test]
    fn an_address_says_where_and_never_shows_its_secret() {
        let address: Address =
            "s3://key:se%2Fcret@photos/huce/a?endpoint=http://127.0.0.1:9000&region=cn-1".parse().unwrap();
        assert_eq!((address.bucket.as_str(), address.prefix.as_str()), ("photos", "huce/a"));
        assert_eq!(address.key, Some(("key".to_owned(), "se/cret".to_owned())));
        assert_eq!((address.endpoint.as_deref(), address.is_plain), (Some("http://127.0.0.1:9000"), true));
        assert!(!format!("{address:?}").contains("cret"));
        for bad in [
            "http://key:secret@photos",
            "s3://key:secret@photos?endpoint=http://depot.example:9000",
            "s3://key:secret@photos?secret=secret",
            "s3:///secret",
        ] {
            let error = bad.parse::<Address>().unwrap_err();
            assert!(!format!("{error} {error:?}").contains("secret"), "{error:?}");
        }
    }
}
