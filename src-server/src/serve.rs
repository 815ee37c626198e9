//! The server as a running thing: opened, listening, stopped in good order.

use std::{net::SocketAddr, time::Duration};

use axum::{Router, extract::DefaultBodyLimit, middleware, response::Response};
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};
use tower_http::{compression::CompressionLayer, decompression::RequestDecompressionLayer};

use crate::{
    api,
    app::{App, Clock, OpenError, Places},
    auth, builtin, routes, ui,
};

/// Bodies of endpoints that name no limit of their own.
const MAX_BODY_BYTES: usize = 256 * 1024;
/// How long requests may go on after the server was asked to stop.
const LAST_REQUESTS: Duration = Duration::from_secs(10);

/// How to run.
pub struct Options {
    /// Where the data is.
    pub places: Places,
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The time ([`crate::app::system_clock`]).
    pub clock: Clock,
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
    stop: oneshot::Sender<()>,
    task: JoinHandle<std::io::Result<()>>,
}

impl Running {
    /// Its address, for example `http://127.0.0.1:8440`.
    pub fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// Stops it: no new requests, those that run may end, then the database is closed.
    pub async fn shutdown(self) -> Result<(), ServeError> {
        let Self { app, stop, mut task, .. } = self;
        // The receiver is gone when the server has stopped by itself.
        let _ = stop.send(());
        let ended = tokio::time::timeout(LAST_REQUESTS, &mut task).await;
        if ended.is_err() {
            task.abort();
        }
        app.store.close().await;
        match ended {
            Ok(Ok(Err(e))) => Err(ServeError::Serve(e)),
            _ => Ok(()),
        }
    }
}

/// Starts a server; it listens when this returns.
pub async fn start(options: Options) -> Result<Running, ServeError> {
    let app = App::open(&options.places, options.clock).await?;
    builtin::publish(&app).await?;
    let listen = options.listen;
    let listener = TcpListener::bind(listen).await.map_err(|source| ServeError::Listen { listen, source })?;
    let addr = listener.local_addr().map_err(|source| ServeError::Listen { listen, source })?;
    let service = router(app.clone()).into_make_service_with_connect_info::<SocketAddr>();
    let (stop, stopped) = oneshot::channel::<()>();
    let serve = axum::serve(listener, service).with_graceful_shutdown(async {
        // An error means that nobody can stop it any more: then it stops as well.
        let _ = stopped.await;
    });
    let task = tokio::spawn(serve.into_future());
    Ok(Running { addr, app, stop, task })
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

async fn secure(mut response: Response) -> Response {
    for (name, value) in ui::HEADERS {
        response.headers_mut().entry(name).or_insert(value);
    }
    response
}
