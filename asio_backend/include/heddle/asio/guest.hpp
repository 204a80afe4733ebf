// SPDX-License-Identifier: BSL-1.0
//
// A loop that is a guest in an io_context which somebody else runs: it goes on in handlers of that
// io_context, a few iterations each, beside all else that runs there.
//
//   boost::asio::io_context io;
//   heddle::asio_backend::guest guest(io);
//   auto answer = guest.loop().create_task(ask());
//   io.run();                                        // returns when the task is done
//   use(answer.result());
//
// Rules:
//
// * One thread runs the io_context, and handlers on it may use the loop as a callback may:
//   call_soon, create_task, complete a future, cancel. The loop then goes on by itself. From
//   other threads, and only there, call_soon_threadsafe.
// * The io_context outlives the guest. Several guests in one io_context take turns.
// * The guest keeps io.run() going while the loop has something ready, a timer set, a task that is
//   not done, a job in an executor, or a signal handler; and no longer. (A task that waits for ever,
//   and a signal handler, keep it going for ever: cancel it, remove it, or close the guest.) A loop
//   that gets something to do later posts itself again; whether the io_context still runs, or must
//   be restarted, is its owner's business.
// * run_forever and run_until_complete throw usage_error: who runs is the host. event_loop::stop()
//   lets the iteration under way (or else one more) end and makes the loop rest until resume().
// * A turn is one iteration or, while something is ready, up to 16 within 20 microseconds; then all
//   others in the io_context get their turns. An io_context that has timers or sockets asks the
//   system after each round of its handlers: a guest alone in one pays for that in every turn.
// * What callbacks throw goes to the loop's exception handler, never to the host.
// * The guest may go at any time but from within its own loop, and as close() does it destroys
//   tasks that are not done. It leaves nothing behind but, perhaps, one queued handler and the
//   aborted wait of a timer, both of which do nothing.
#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>

#include <heddle/event_loop.hpp>

namespace heddle::asio_backend {

namespace detail {
class guest_backend;
}

class guest {
public:
    /// Nothing is queued in `host` before the loop has something to do.
    explicit guest(boost::asio::io_context& host, const loop_options& options = {});
    guest(const guest&) = delete;
    guest& operator=(const guest&) = delete;
    ~guest();

    [[nodiscard]] event_loop& loop() noexcept { return loop_; }

    /// Whether event_loop::stop() has made the loop rest.
    [[nodiscard]] bool resting() const noexcept;
    /// Ends the rest that event_loop::stop() began: what was queued meanwhile runs.
    void resume() noexcept;

    /// Closes the loop, and lets the io_context go.
    void close() { loop_.close(); }

private:
    // Shared with the handler that is queued, which may outlive the guest.
    std::shared_ptr<detail::guest_backend> backend_;
    event_loop loop_;
};

}  // namespace heddle::asio_backend
