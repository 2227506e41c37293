// SPDX-License-Identifier: Apache-2.0
// What glusterd tells of a volume with three bricks, of which the first is here: as 10.3 writes it,
// with fewer options. For tests.
#pragma once

namespace bramble {

inline constexpr const char* kFakeVolfile = R"(volume web-client-0
    type protocol/client
    option remote-subvolume /srv/brick/web
    option remote-host 127.0.0.1
end-volume

volume web-client-1
    type protocol/client
    option remote-subvolume /srv/brick/web
    option remote-host 192.0.2.2
end-volume

volume web-client-2
    type protocol/client
    option remote-subvolume /srv/brick/web
    option remote-host 192.0.2.3
end-volume

volume web-replicate-0
    type cluster/replicate
    option choose-local yes
    option volume-id 5d1ca0f1-9b4b-4b1c-8a9c-6f1c1f0b2a11
    subvolumes web-client-0 web-client-1 web-client-2
end-volume

volume web-dht
    type cluster/distribute
    option lock-migration off
    subvolumes web-replicate-0
end-volume

volume web-utime
    type features/utime
    option noatime on
    subvolumes web-dht
end-volume

volume web-write-behind
    type performance/write-behind
    subvolumes web-utime
end-volume

volume web
    type debug/io-stats
    option log-level INFO
    subvolumes web-write-behind
end-volume
)";

}  // namespace bramble
