// SPDX-License-Identifier: Apache-2.0
// A reload: all of the new options, or none of them.
//
//     reread, on a thread of its own ──fault──► told, and nothing has changed
//         ▼
//     bind the new entrances ──cannot──► told, and nothing has changed
//         ▼
//     slots, health, checks here ──post──► workers: options and conditions; doors open and close
//
// No connection of a visitor is closed by it. A backend that is no longer wanted finishes what is
// under way; its slot is free once every worker knows and nothing has been under way for a tick.
#include <algorithm>
#include <memory>
#include <utility>

#include "balance/balancer.hh"
#include "balance/slots.hh"
#include "base/clock.hh"
#include "base/log.hh"
#include "base/sd_notify.hh"
#include "base/text.hh"
#include "net/socket.hh"

namespace bramble::balance {
namespace {

void tell(const Result<void>& outcome) {
  if (outcome.ok()) return log::info("reload: done");
  log::error("reload: nothing has changed:");
  for (const std::string_view line : lines(outcome.error().what)) log::error("{}", line);
}

}  // namespace

Result<void> Balancer::may_change() const {
  if (!draining_ && !reloading_ && successor_ == nullptr) return {};
  const Error busy = failure(draining_    ? "the balancer is stopping: it does not change any more"
                             : reloading_ ? "a reload is under way: try again when it is done"
                                          : "an upgrade is under way: try again when it is done");
  log::warning("{}", busy.what);
  return busy;
}

// The file may have changed after the one under way has read it.
void Balancer::reload_now_or_next() {
  if (reloading_) {
    log::info("a reload is under way: another one follows");
    reload_again_ = true;
    return;
  }
  reload([](const Result<void>&) {});
}

void Balancer::reload(Told told) {
  if (const Result<void> free = may_change(); !free.ok()) return told(free);
  reloading_ = true;
  sd_notify_reloading(control().now());
  if (reader_.joinable()) reader_.join();
  reader_ = std::thread([this, told = std::move(told)] {
    auto fresh = std::make_shared<Result<BalanceOptions>>(reread_());
    control().post([this, told, fresh] {
      const Result<void> outcome =
          fresh->ok() ? take(*std::move(*fresh)) : Result<void>(fresh->error());
      reloading_ = false;
      sd_notify("READY=1");
      tell(outcome);
      told(outcome);
      if (std::exchange(reload_again_, false)) reload_now_or_next();
    });
  });
}

Result<void> Balancer::take(BalanceOptions fresh) {
  if (draining_) return failure("the balancer is stopping: it reloads no more");
  if (fresh.listen.empty()) fresh.listen = options_->listen;
  std::vector<Bound> bound = TRY(bind_new(fresh.listen));
  tell_what_stays(fresh);
  const std::shared_ptr<const BalanceOptions> before = options_;
  fresh.threads = before->threads;
  fresh.admin = before->admin;
  fresh.access_log = before->access_log;
  fresh.control = before->control;
  fresh.user = before->user;
  fresh.backends = place_backends(before->backends, free_, fresh.backends);
  give_seats(fresh.backends, before->backends);
  waiting_room_.set_limit(fresh.queue_max);
  stripe_memory_.set(fresh.stripe.memory_max);
  board_.set_options(fresh.health);
  options_ = std::make_shared<const BalanceOptions>(with_shared_descriptors(std::move(fresh)));
  take_backends(*before);
  post_to_workers([this](Worker& worker) { return worker.change_to(options_); });
  broadcast();
  changes_posted_ += workers_.size();
  post_to_workers(
      [this](Worker&) { return [this] { control().post([this] { --changes_posted_; }); }; });
  close_old_entrances(options_->listen);
  open_new_entrances(std::move(bound));
  return {};
}

Result<std::vector<Balancer::Bound>> Balancer::bind_new(const std::vector<Address>& wanted) {
  std::vector<Address> fresh;
  for (const Address& address : wanted)
    if (std::ranges::none_of(entrances_, [&](const Entrance& e) { return e.wanted == address; }))
      fresh.push_back(address);
  TRY(check_free(fresh, listening()));
  std::vector<Bound> bound;
  for (const Address& address : fresh) bound.push_back(TRY(bind(address)));
  return bound;
}

void Balancer::close_old_entrances(const std::vector<Address>& wanted) {
  std::erase_if(entrances_, [&](const Entrance& entrance) {
    if (std::ranges::find(wanted, entrance.wanted) != wanted.end()) return false;
    log::info("no longer listening on http://{}", entrance.real.text());
    post_to_workers([&](Worker& worker) {
      return [&worker, address = entrance.wanted] { worker.close_door(address); };
    });
    return true;
  });
}

void Balancer::open_new_entrances(std::vector<Bound> bound) {
  for (Bound& one : bound) {
    log::info("listening on http://{}", one.entrance.real.text());
    entrances_.push_back(one.entrance);
    auto fds = std::make_shared<std::vector<UniqueFd>>(std::move(one.fds));
    for (std::size_t i = 0; i < workers_.size(); ++i)
      loops_[i + 1]->post([&worker = *workers_[i], fds, i, address = one.entrance.wanted] {
        const Result<void> listens = worker.listen(std::move((*fds)[i]), address);
        if (!listens.ok()) log::error("{}: {}", address.text(), listens.error().what);
      });
  }
}

// What a slot's backend was decides what becomes of its health and its check.
void Balancer::take_backends(const BalanceOptions& before) {
  const std::vector<BackendOptions>& slots = options_->backends;
  const Monotonic now = control().now();
  const bool same_check = before.check == options_->check;
  checks_.resize(slots.size());
  free_.resize(slots.size());
  quiet_.resize(slots.size());
  for (std::size_t i = 0; i < slots.size(); ++i) {
    const bool is_new = i >= before.backends.size() || !same_backend(before.backends[i], slots[i]);
    const bool was_leaving = !is_new && before.backends[i].leaving;
    if (is_new) board_.take_in(i, now);
    board_.set_backup(i, slots[i].backup);
    if (slots[i].leaving) {
      (void)board_.set_draining(i, true, now);
      checks_[i].reset();
      if (!was_leaving) log::info("backend {} leaves", slots[i].name);
      continue;
    }
    (void)board_.set_draining(i, false, now);
    if (is_new || was_leaving) log::info("backend {} joins", slots[i].name);
    if (is_new || was_leaving || !same_check) make_check(i);
    free_[i] = quiet_[i] = false;
  }
}

void Balancer::post_to_workers(const std::function<std::function<void()>(Worker&)>& call) {
  for (std::size_t i = 0; i < workers_.size(); ++i) loops_[i + 1]->post(call(*workers_[i]));
}

void Balancer::free_slots() {
  if (changes_posted_ != 0) return;
  for (std::size_t i = 0; i < free_.size(); ++i) {
    if (!options_->backends[i].leaving || free_[i]) continue;
    const bool idle = std::ranges::all_of(workers_, [i](const std::unique_ptr<Worker>& worker) {
      return worker->backend_counters(i).in_flight.value() == 0;
    });
    free_[i] = idle && quiet_[i];
    quiet_[i] = idle;
  }
}

void Balancer::tell_what_stays(const BalanceOptions& fresh) const {
  if (fresh.admin != options_->admin)
    log::warning("reload: the admin addresses stay as they are until a restart");
}

}  // namespace bramble::balance
