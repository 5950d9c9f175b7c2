//! The server: connections, HTTP, latency, and who owns them.

use std::convert::Infallible;
use std::io;
use std::net::TcpListener as StdListener;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::thread;

use http_body_util::BodyExt;
use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};
use hyper::header::{CONTENT_LENGTH, CONTENT_TYPE};
use hyper::service::service_fn;
use hyper::{Response, server::conn::http1};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::{oneshot, watch};
use tokio::task::{JoinHandle, JoinSet};

use super::Shared;
use super::protocol::{self, Answer, Reply, Request};

/// Connections that may wait to be accepted: more than any test opens at once.
const BACKLOG: u32 = 4096;

/// Whether connections are accepted: what is asked for, and what is so.
pub(super) struct Door {
    wanted: watch::Sender<bool>,
    open: watch::Sender<bool>,
}

impl Default for Door {
    fn default() -> Self {
        Self { wanted: watch::Sender::new(true), open: watch::Sender::new(true) }
    }
}

impl Door {
    /// Has it opened or closed, and waits until it is.
    pub(super) async fn set(&self, open: bool) {
        self.wanted.send_replace(open);
        // The sender is in `self`, so the channel cannot close while this waits.
        let _ = self.open.subscribe().wait_for(|now| *now == open).await;
    }
}

/// The owner of a server's tasks.
pub(super) enum Running {
    Task(JoinHandle<Infallible>),
    Thread { stop: Option<oneshot::Sender<Infallible>>, thread: Option<thread::JoinHandle<()>> },
}

impl Running {
    pub(super) fn on_this_runtime(listener: StdListener, shared: Arc<Shared>) -> Self {
        Self::Task(tokio::spawn(serve(for_tokio(listener), shared)))
    }

    pub(super) fn on_own_thread(listener: StdListener, shared: Arc<Shared>) -> Self {
        let (stop, stopped) = oneshot::channel::<Infallible>();
        let run = move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            // The server's tasks end with their runtime, which ends with this function.
            runtime.expect("a tokio runtime").block_on(async move {
                tokio::spawn(serve(for_tokio(listener), shared));
                let _ = stopped.await;
            });
        };
        let thread = thread::Builder::new().name("secrets-manager-stub".to_owned()).spawn(run);
        Self::Thread { stop: Some(stop), thread: Some(thread.expect("a thread")) }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        match self {
            Self::Task(task) => task.abort(),
            Self::Thread { stop, thread } => {
                // The closing of the channel is the signal.
                drop(stop.take());
                let joined = thread.take().map(thread::JoinHandle::join);
                // A second panic during a first one would abort the test process.
                assert!(!matches!(joined, Some(Err(_))) || thread::panicking(), "the stub's thread panicked");
            }
        }
    }
}

fn for_tokio(listener: StdListener) -> TcpListener {
    listener.set_nonblocking(true).expect("a non-blocking socket");
    TcpListener::from_std(listener).expect("a tokio runtime with I/O")
}

/// Serves until it is dropped, and the connections with it: they live in its `JoinSet`. While the door is to be closed,
/// there is neither a listener nor a connection.
async fn serve(mut listener: TcpListener, shared: Arc<Shared>) -> Infallible {
    let address = listener.local_addr().expect("the address of a bound socket");
    let mut wanted = shared.door.wanted.subscribe();
    loop {
        let mut connections = JoinSet::new();
        tokio::select! {
            never = accept(&listener, &mut connections, &shared) => match never {},
            _ = wanted.wait_for(|open| !open) => {}
        }
        drop(listener);
        connections.shutdown().await;
        // Bound, it keeps the port from everybody else; as it does not listen, who connects is refused.
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.set_reuseaddr(true).expect("an option of every socket");
        socket.bind(address).expect("the port that was its own until now");
        shared.door.open.send_replace(false);
        // The sender lives in `shared`, so the channel cannot close while this waits.
        let _ = wanted.wait_for(|open| *open).await;
        listener = socket.listen(BACKLOG).expect("a bound socket");
        shared.door.open.send_replace(true);
    }
}

async fn accept(listener: &TcpListener, connections: &mut JoinSet<()>, shared: &Arc<Shared>) -> Infallible {
    loop {
        while connections.try_join_next().is_some() {}
        // A client may be gone before it is accepted; that is no reason to stop.
        let Ok((stream, _)) = listener.accept().await else { continue };
        // Without it, small answers wait for the client's delayed acknowledgements: up to 40 ms each.
        let _ = stream.set_nodelay(true);
        let shared = Arc::clone(shared);
        connections.spawn(async move {
            let service = service_fn(move |request| respond(Arc::clone(&shared), request));
            // An error is a client that left or a fault that closes the connection: both are meant.
            let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

async fn respond(
    shared: Arc<Shared>,
    request: hyper::Request<Incoming>,
) -> Result<Response<ReplyBody>, io::Error> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
    let request = Request::read(&head, &body);
    let in_flight = InFlight(Arc::clone(&shared));
    let (answer, request_id, latency) = {
        let mut state = shared.state();
        let request_id = state.record.enter(&request);
        shared.arrived.send_replace(state.record.arrived());
        (protocol::answer(&mut state, &request), request_id, state.latency)
    };
    if !latency.is_zero() {
        tokio::time::sleep(latency).await;
    }
    let reply = match answer {
        Answer::Reply(reply) => reply,
        Answer::Hang => std::future::pending().await,
        Answer::Close => return Err(io::Error::other("closed on purpose")),
    };
    drop(in_flight);
    Ok(response(reply, &request_id))
}

fn response(reply: Reply, request_id: &str) -> Response<ReplyBody> {
    let builder = Response::builder()
        .status(reply.status)
        .header(CONTENT_TYPE, reply.content_type)
        .header(CONTENT_LENGTH, reply.promised)
        .header("x-amzn-RequestId", request_id);
    let end = if reply.promised == reply.body.len() { End::Proper } else { End::FlushThenCut };
    builder.body(ReplyBody { bytes: Some(reply.body), end }).expect("a response of valid parts")
}

/// Counts a request out, also when its client leaves or the stub stops before the answer.
struct InFlight(Arc<Shared>);

impl Drop for InFlight {
    fn drop(&mut self) {
        // Not `state()`: a panic in a drop during another panic would abort the test process.
        if let Ok(mut state) = self.0.state.lock() {
            state.record.leave();
        }
    }
}

/// A body that may end before its Content-Length.
struct ReplyBody {
    bytes: Option<Bytes>,
    end: End,
}

enum End {
    Proper,
    FlushThenCut,
    Cut,
}

impl Body for ReplyBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if let Some(bytes) = self.bytes.take() {
            return Poll::Ready(Some(Ok(Frame::data(bytes))));
        }
        match self.end {
            End::Proper => Poll::Ready(None),
            End::FlushThenCut => {
                // hyper flushes when a body has nothing ready, but not when it fails.
                self.end = End::Cut;
                context.waker().wake_by_ref();
                Poll::Pending
            }
            End::Cut => Poll::Ready(Some(Err(io::Error::other("cut on purpose")))),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match (&self.end, &self.bytes) {
            (End::Proper, Some(bytes)) => SizeHint::with_exact(bytes.len() as u64),
            (End::Proper, None) => SizeHint::with_exact(0),
            (End::FlushThenCut | End::Cut, _) => SizeHint::new(),
        }
    }
}
