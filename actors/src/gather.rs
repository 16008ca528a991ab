//! Asks several at once, but never so many that the platform makes them wait for each other.

use std::future::Future;
use std::pin::Pin;
use std::task::Poll;

/// How many are under way at a time: so many connections the platform opens for one request.
const AT_ONCE: usize = 6;

/// Runs `work` on every item, some at a time; the results are in the order of the items.
pub async fn gather<I, F: Future>(items: Vec<I>, work: impl Fn(I) -> F) -> Vec<F::Output> {
    gather_by(AT_ONCE, items, work).await
}

/// As [`gather`], with `at_once` under way at a time. Calls of actors are no connections.
pub async fn gather_by<I, F: Future>(
    at_once: usize,
    items: Vec<I>,
    work: impl Fn(I) -> F,
) -> Vec<F::Output> {
    let mut results: Vec<Option<F::Output>> = items.iter().map(|_| None).collect();
    let mut waiting = items.into_iter().enumerate();
    let mut under_way: Vec<(usize, Pin<Box<F>>)> = Vec::new();
    std::future::poll_fn(|context| {
        loop {
            while under_way.len() < at_once {
                let Some((index, item)) = waiting.next() else { break };
                under_way.push((index, Box::pin(work(item))));
            }
            let before = under_way.len();
            under_way.retain_mut(|(index, future)| match future.as_mut().poll(context) {
                Poll::Ready(result) => {
                    results[*index] = Some(result);
                    false
                }
                Poll::Pending => true,
            });
            if under_way.is_empty() && waiting.len() == 0 {
                return Poll::Ready(());
            }
            if under_way.len() == before {
                return Poll::Pending;
            }
        }
    })
    .await;
    results.into_iter().map(|result| result.expect("every item was worked on")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;
    use std::task::{Context, Waker};

    #[test]
    fn all_items_are_worked_on_in_order_and_few_at_a_time() {
        let (now, most) = (Cell::new(0), Cell::new(0));
        let work = |item: usize| {
            let (now, most) = (&now, &most);
            let mut left = 1 + item % 3;
            let mut begun = false;
            std::future::poll_fn(move |_| {
                if !begun {
                    begun = true;
                    now.set(now.get() + 1);
                    most.set(most.get().max(now.get()));
                }
                if left > 0 {
                    left -= 1;
                    return Poll::Pending;
                }
                now.set(now.get() - 1);
                Poll::Ready(item * 2)
            })
        };
        let mut all = Box::pin(gather((0..50).collect(), work));
        let mut context = Context::from_waker(Waker::noop());
        let mut polls = 0;
        let results = loop {
            polls += 1;
            assert!(polls < 1_000, "it never ends");
            if let Poll::Ready(results) = all.as_mut().poll(&mut context) {
                break results;
            }
        };
        assert_eq!(results, (0..50).map(|item| item * 2).collect::<Vec<_>>());
        assert_eq!(most.get(), AT_ONCE);
    }
}
