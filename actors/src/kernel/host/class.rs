//! The class that the platform sees.

/// Makes the Durable Object class of an actor: `durable_actor!(Class, Core, transport)`.
///
/// The class's methods are the entry file's interface, not the platform's.
#[macro_export]
macro_rules! durable_actor {
    ($(#[$doc:meta])* $class:ident, $core:ty, $transport:expr) => {
        $(#[$doc])*
        #[worker::durable_object(fetch)]
        pub struct $class {
            host: $crate::kernel::host::Host<$core>,
        }

        impl worker::DurableObject for $class {
            fn new(state: worker::State, env: worker::Env) -> Self {
                Self { host: $crate::kernel::host::Host::new(&state, env, $transport) }
            }

            /// The entry file answers requests itself; none arrives here.
            async fn fetch(&self, _: worker::Request) -> worker::Result<worker::Response> {
                worker::Response::error("not found", 404)
            }
        }

        #[wasm_bindgen::prelude::wasm_bindgen]
        impl $class {
            pub fn run(&self, batch: &js_sys::Array) -> $crate::kernel::host::JsResult {
                self.host.run(batch)
            }

            pub fn join(&self, connect: &[u8]) -> $crate::kernel::host::JsResult {
                self.host.join(connect)
            }

            pub fn leave(
                &self,
                seat: &wasm_bindgen::JsValue,
            ) -> $crate::kernel::host::JsResult {
                self.host.leave(seat)
            }

            pub fn timers(&self, skip: bool) -> $crate::kernel::host::JsResult {
                self.host.alarm(skip)
            }

            pub fn begin(&self) -> $crate::kernel::host::JsResult {
                self.host.begin()
            }

            pub async fn carry_out(&self) -> $crate::kernel::host::JsResult {
                self.host.carry_out().await
            }

            pub async fn slow(&self) -> $crate::kernel::host::JsResult {
                self.host.slow().await
            }
        }
    };
}
