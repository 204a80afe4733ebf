// SPDX-License-Identifier: BSL-1.0
#include <heddle/asio_sim/context.hpp>

#include <heddle/errors.hpp>

namespace heddle::asio_sim {

/// In the context from the first, so that it is shut down last, as the scheduler of an io_context.
class sim_context::queue_service final : public boost::asio::execution_context::service {
public:
    static inline boost::asio::execution_context::id id;
    /// Only ever made by a sim_context, in itself.
    explicit queue_service(boost::asio::execution_context& owner)
        : service(owner), core_(static_cast<sim_context&>(owner).core_) {}
    [[nodiscard]] detail::core& core() const noexcept { return core_; }

private:
    void shutdown() noexcept override { core_.shut_down(); }
    detail::core& core_;
};

sim_context::sim_context(dispatching policy) : core_(*this, policy) {
    boost::asio::use_service<queue_service>(*this);
    detail::prevent_threads(*this);
}

sim_context::~sim_context() {
    shutdown();
    destroy();
}

detail::core& detail::core_of(boost::asio::execution_context& context) {
    if (!boost::asio::has_service<sim_context::queue_service>(context)) {
        throw usage_error(
            "this executor is not one of a sim_context: simulated timers and strands want one");
    }
    return boost::asio::use_service<sim_context::queue_service>(context).core();
}

}  // namespace heddle::asio_sim
