//! The server as a running thing: opened, listening, stopped in good order.

use std::{net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use axum::{
    Router,
    extract::{DefaultBodyLimit, State},
    http::{HeaderValue, header},
    middleware,
    response::Response,
};
use axum_server::{
    Handle,
    tls_rustls::{RustlsAcceptor, RustlsConfig},
};
use hyper_util::rt::TokioTimer;
use tokio::{net::TcpSocket, task::JoinHandle};
use tower_http::{compression::CompressionLayer, decompression::RequestDecompressionLayer};

use crate::{
    api,
    app::{App, Clock, OpenError, Places},
    auth, builtin, routes,
    tls::{self, Door, TlsError},
    ui,
};

/// Bodies of endpoints that name no limit of their own.
const MAX_BODY_BYTES: usize = 256 * 1024;
/// Connections that wait to be taken: a depot at once.
const WAITING: u32 = 1024;
/// How long requests may go on after the server was asked to stop.
const LAST_REQUESTS: Duration = Duration::from_secs(10);
/// How long somebody may take to say what they want.
const HEAD: Duration = Duration::from_secs(30);

/// How to run.
pub struct Options {
    /// Where the data is.
    pub places: Places,
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Under which names, and by whose certificate.
    pub door: Door,
    /// The time ([`crate::app::system_clock`]).
    pub clock: Clock,
    /// How often the certificate is made, or read, anew ([`tls::RENEW_EVERY`]).
    pub renew_every: Duration,
}

/// Why the server does not run.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The data folder.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The database.
    #[error(transparent)]
    Store(#[from] crate::store::StoreError),
    /// The address.
    #[error("cannot listen on {listen}: {source}")]
    Listen {
        /// Which.
        listen: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// TLS.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The server itself.
    #[error("the server stopped: {0}")]
    Serve(std::io::Error),
}

/// A server that runs.
pub struct Running {
    /// Where it listens.
    pub addr: SocketAddr,
    /// What it works with, for tests that look inside.
    pub app: App,
    ending: Ending,
    task: JoinHandle<std::io::Result<()>>,
}

/// Stops the server when it goes out of scope.
struct Ending {
    handle: Handle<SocketAddr>,
    renewal: Option<JoinHandle<()>>,
}

impl Drop for Ending {
    fn drop(&mut self) {
        self.handle.graceful_shutdown(Some(LAST_REQUESTS));
        if let Some(renewal) = &self.renewal {
            renewal.abort();
        }
    }
}

impl Running {
    /// Its address, for example `http://127.0.0.1:8440`.
    pub fn url(&self) -> String {
        let way = &self.app.way;
        let scheme = if way.tls { "https" } else { "http" };
        let host = way.name.clone().filter(|_| self.addr.ip().is_unspecified());
        format!("{scheme}://{}", host.unwrap_or_else(|| self.addr.to_string()))
    }

    /// Stops it: no new requests, those that run may end, then the database is closed.
    pub async fn shutdown(self) -> Result<(), ServeError> {
        let Self { app, ending, task, .. } = self;
        drop(ending);
        let ended = task.await;
        app.store.close().await;
        match ended {
            Ok(Err(e)) => Err(ServeError::Serve(e)),
            _ => Ok(()),
        }
    }
}

/// An address of our own, on which nobody can connect yet.
fn bind(listen: SocketAddr) -> std::io::Result<TcpSocket> {
    let socket = if listen.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // A server that was killed a moment ago does not keep its address.
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    socket.bind(listen)?;
    Ok(socket)
}

/// Starts a server; it listens when this returns.
pub async fn start(options: Options) -> Result<Running, ServeError> {
    let Options { places, listen, door, clock, renew_every } = options;
    let mut app = App::open(&places, clock).await?;
    builtin::publish(&app).await?;
    let cannot = |source| ServeError::Listen { listen, source };
    let socket = bind(listen).map_err(cannot)?;
    let addr = socket.local_addr().map_err(cannot)?;
    let opened = tls::open(&door, &places.data, addr, app.now_ms())?;
    // Only now, so that whoever can connect finds an authority that is written and a door that opens.
    let listener = socket.listen(WAITING).map_err(cannot)?;
    app.way = opened.way.into();
    app.limits = Some(Arc::default());
    let handle = Handle::new();
    let router = router(app.clone()).layer(middleware::map_response_with_state(app.clone(), strict));
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    let mut server = axum_server::Server::from_listener(listener).handle(handle.clone());
    server.http_builder().http1().timer(TokioTimer::new()).header_read_timeout(HEAD);
    let server = server.http1_only();
    let (task, renewal) = match opened.config {
        None => (tokio::spawn(server.serve(service)), None),
        Some(config) => {
            let server = server.acceptor(RustlsAcceptor::new(config.clone()));
            let renewal = tokio::spawn(renew(app.clone(), config, door, places.data, addr, renew_every));
            (tokio::spawn(server.serve(service)), Some(renewal))
        }
    };
    Ok(Running { addr, app, ending: Ending { handle, renewal }, task })
}

/// A certificate ends; a server goes on.
async fn renew(app: App, config: RustlsConfig, door: Door, data: PathBuf, addr: SocketAddr, every: Duration) {
    loop {
        tokio::time::sleep(every).await;
        match tls::renew(&config, &door, &data, addr, app.now_ms()) {
            Ok(()) => tracing::info!("the certificate was renewed"),
            Err(e) => tracing::error!(fault.cause = %e, "the certificate was not renewed; the one before stays"),
        }
    }
}

/// Everything that the server answers.
pub fn router(app: App) -> Router {
    let mut router: Router<App> = Router::new();
    for route in routes::all() {
        router = router.route(route.path, route.handler);
    }
    // From the inside out: what is unpacked first is measured by the limit, so that a bomb meets it.
    router
        .merge(api::router())
        .fallback(ui::page)
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(middleware::from_fn(auth::same_site))
        .layer(RequestDecompressionLayer::new().gzip(true).zstd(true))
        .layer(CompressionLayer::new().gzip(true).zstd(true))
        .layer(middleware::map_response(secure))
        .with_state(app)
}

/// A browser that came over a certificate of a public authority comes so again. Not with one of our own: whoever looks at
/// the console by another name first must be able to go on.
async fn strict(State(app): State<App>, mut response: Response) -> Response {
    if app.way.tls && app.way.fingerprint.is_none() {
        let value = HeaderValue::from_static("max-age=31536000");
        response.headers_mut().insert(header::STRICT_TRANSPORT_SECURITY, value);
    }
    response
}

async fn secure(mut response: Response) -> Response {
    for (name, value) in ui::HEADERS {
        response.headers_mut().entry(name).or_insert(value);
    }
    response
}
