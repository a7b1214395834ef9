//! Named additions to the policy for single routes.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use http::{Extensions, Request, Response};
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

use super::{Csp, Directive, Source};
use crate::{ConfigError, Finding};

/// Sources that one route may add to the policy, under a name.
///
/// Whoever owns the policy registers the grant with it; a route asks for it with
/// [`layer`](Self::layer). An unregistered one changes nothing. What a grant allows is exactly
/// what it lists: a source granted to frames does not reach workers by way of a fallback, and a
/// list that held `'none'` holds the granted sources only.
///
/// # Example
///
/// ```
/// use palisade_headers::csp::{Csp, Directive, Grant, Source};
///
/// let map = Grant::new("map").add(Directive::Img, Source::host("https://tiles.example")?)?;
/// let csp = Csp::deny_all().widened(&map);
/// assert_eq!(csp.effective(Directive::Img).unwrap().len(), 1);
/// assert_eq!(csp.effective(Directive::Font).unwrap().len(), 0);
/// # Ok::<(), palisade_headers::ConfigError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a grant allows nothing until a policy registers it and a route asks for it"]
pub struct Grant {
    shared: Arc<Shared>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Shared {
    name: &'static str,
    additions: Vec<(Directive, Source)>,
}

impl Grant {
    /// Names a grant that adds nothing yet.
    pub fn new(name: &'static str) -> Self {
        Self { shared: Arc::new(Shared { name, additions: Vec::new() }) }
    }

    /// Adds a source to what a directive allows.
    ///
    /// # Errors
    ///
    /// Anything but a host, a scheme, a hash, `'self'` or `'wasm-unsafe-eval'`; a scheme that pages
    /// can make themselves, for scripts; `default-src`, `child-src`, `base-uri` and the `-attr` and
    /// `-elem` directives, which reach further than their name.
    pub fn add(mut self, directive: Directive, source: Source) -> Result<Self, ConfigError> {
        let refuse = |instead: &str| {
            let value = format!("{} {source}", directive.as_str());
            Err(ConfigError::new("CSP grant", value, instead))
        };
        let exact = matches!(
            source,
            Source::Hash(_)
                | Source::Host(_)
                | Source::Scheme(_)
                | Source::This
                | Source::WasmUnsafeEval
        );
        if !exact || directive.decides_scripts() && source.lets_injected_script_run() {
            return refuse("grant a host, a scheme, a hash, 'self' or 'wasm-unsafe-eval'");
        }
        if !GRANTABLE.contains(&directive) {
            return refuse(
                "grant to a directive that stands for one kind of load, such as img-src",
            );
        }
        if let Some(instead) = directive.refusal(&source) {
            return refuse(instead);
        }
        Arc::make_mut(&mut self.shared).additions.push((directive, source));
        Ok(self)
    }

    /// Returns the name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.shared.name
    }

    /// Returns what is added.
    #[must_use]
    pub fn additions(&self) -> &[(Directive, Source)] {
        &self.shared.additions
    }

    /// Returns whether it changes who may frame the page.
    pub(crate) fn widens_framing(&self) -> bool {
        self.additions().iter().any(|(directive, _)| *directive == Directive::FrameAncestors)
    }

    /// Asks for the grant on every response of a route.
    pub fn layer(&self) -> GrantLayer {
        GrantLayer { grant: self.clone() }
    }

    /// Asks for the grant on one response.
    pub fn mark(&self, response: &mut Extensions) {
        match response.get_mut::<Asked>() {
            Some(asked) if asked.names.contains(&self.name()) => {}
            Some(asked) => asked.names.push(self.name()),
            None => {
                response.insert(Asked { names: vec![self.name()] });
            }
        }
    }
}

const GRANTABLE: &[Directive] = &[
    Directive::Connect,
    Directive::Font,
    Directive::FormAction,
    Directive::Frame,
    Directive::FrameAncestors,
    Directive::Img,
    Directive::Manifest,
    Directive::Media,
    Directive::Object,
    Directive::Script,
    Directive::Style,
    Directive::Worker,
];

impl Csp {
    /// Returns this policy with the additions of a grant.
    pub fn widened(&self, grant: &Grant) -> Self {
        grant
            .additions()
            .iter()
            .fold(self.clone(), |policy, (directive, source)| policy.widened_by(*directive, source))
    }

    fn widened_by(mut self, directive: Directive, source: &Source) -> Self {
        // Script and style elements have a directive of their own where the policy writes it.
        let directive = match directive {
            Directive::Script if self.own(Directive::ScriptElem).is_some() => Directive::ScriptElem,
            Directive::Style if self.own(Directive::StyleElem).is_some() => Directive::StyleElem,
            other => other,
        };
        let Some(before) = self.inherited(directive) else {
            return self; // nothing is restricted: a list would take away, not add
        };
        let keyed =
            |s: &Source| matches!(s, Source::Hash(_) | Source::Nonce | Source::StrictDynamic);
        let inline = before.contains(&Source::UnsafeInline) && !before.iter().any(keyed);
        if before.contains(source) || inline && matches!(source, Source::Hash(_)) {
            return self; // a first hash would put 'unsafe-inline' out of force
        }
        for follower in self.followers(directive, source) {
            if self.own(*follower).is_none()
                && let Some(list) = self.inherited(*follower)
            {
                self.put(*follower, list);
            }
        }
        let list = before.into_iter().chain([source.clone()]).collect();
        self.put(directive, list);
        self
    }

    /// Returns which directives would change their meaning, were the source put into this one.
    fn followers(&self, directive: Directive, source: &Source) -> &'static [Directive] {
        // default-src lets workers in by address beside 'strict-dynamic'; script-src does not.
        let by_trust = || {
            self.own(Directive::Script).is_none()
                && self.own(Directive::Default).is_some_and(|l| l.contains(&Source::StrictDynamic))
        };
        match (directive, source) {
            (Directive::Script, Source::Hash(_)) if by_trust() => {
                &[Directive::ScriptAttr, Directive::Worker]
            }
            (Directive::Script, Source::Hash(_)) => &[Directive::ScriptAttr],
            (Directive::Script, _) => &[Directive::Worker],
            _ => &[],
        }
    }

    /// Returns the list that a directive would have to hold to mean what it means without one.
    fn inherited(&self, directive: Directive) -> Option<Vec<Source>> {
        if let Some(own) = self.own(directive) {
            return Some(own.to_vec());
        }
        let holder =
            directive.fallbacks().iter().copied().find(|holder| self.own(*holder).is_some())?;
        let list = self.own(holder)?;
        // As script-src the list ignores addresses for workers too; as worker-src it would not.
        let by_trust = directive == Directive::Worker
            && holder == Directive::Script
            && list.contains(&Source::StrictDynamic);
        let means = |source: &&Source| {
            directive.refusal(source).is_none() && !(by_trust && source.matches_by_address())
        };
        Some(list.iter().filter(means).cloned().collect())
    }

    /// Returns what is wrong with granting this to this policy.
    pub(crate) fn grant_findings(&self, grant: &Grant) -> Vec<Finding> {
        let dead = |(directive, source): &&(Directive, Source)| {
            *directive == Directive::Script
                && source.matches_by_address()
                && self
                    .effective(Directive::Script)
                    .is_some_and(|l| l.contains(&Source::StrictDynamic))
        };
        let finding = |(_, source): &(Directive, Source)| {
            Finding::error(
                "csp_dead_grant",
                format!(
                    "grant {:?}: script-src ignores {source} beside 'strict-dynamic'",
                    grant.name()
                ),
                "load the script from a script that carries the nonce, or grant its hash",
            )
        };
        grant.additions().iter().filter(dead).map(finding).collect()
    }
}

/// The names that a response asks for.
#[derive(Clone, Debug)]
struct Asked {
    names: Vec<&'static str>,
}

/// Returns the names of the grants that a response asks for.
pub(crate) fn granted(response: &Extensions) -> &[&'static str] {
    response.get::<Asked>().map_or(&[], |asked| asked.names.as_slice())
}

/// Layer that asks for a [`Grant`].
#[derive(Clone, Debug)]
#[must_use = "a layer does nothing until it is applied to a service"]
pub struct GrantLayer {
    grant: Grant,
}

impl<S> Layer<S> for GrantLayer {
    type Service = GrantService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        GrantService { inner, grant: self.grant.clone() }
    }
}

/// Middleware that asks for a [`Grant`] on every response.
#[derive(Clone, Debug)]
pub struct GrantService<S> {
    inner: S,
    grant: Grant,
}

impl<S, ReqBody, ResBody> Service<Request<ReqBody>> for GrantService<S>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<ReqBody>) -> Self::Future {
        ResponseFuture { inner: self.inner.call(request), grant: self.grant.clone() }
    }
}

pin_project! {
    /// Response future of [`GrantService`].
    #[derive(Debug)]
    pub struct ResponseFuture<F> {
        #[pin]
        inner: F,
        grant: Grant,
    }
}

impl<F, ResBody, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<Response<ResBody>, E>>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let mut response = ready!(this.inner.poll(cx))?;
        this.grant.mark(response.extensions_mut());
        Poll::Ready(Ok(response))
    }
}

#[cfg(feature = "axum")]
impl axum_core::response::IntoResponseParts for Grant {
    type Error = std::convert::Infallible;

    fn into_response_parts(
        self,
        mut parts: axum_core::response::ResponseParts,
    ) -> Result<axum_core::response::ResponseParts, Self::Error> {
        self.mark(parts.extensions_mut());
        Ok(parts)
    }
}
