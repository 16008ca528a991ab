# The socket's address and the folder of the storage are given on the command line.

using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "main", worker = .worker),
    (name = "storage", disk = (writable = true)),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);

const worker :Workerd.Worker = (
  modules = [
    (name = "worker.js", esModule = embed "worker.js"),
    (name = "room.js", esModule = embed "room.js"),
    (name = "token.js", esModule = embed "token.js"),
    (name = "comment.js", esModule = embed "comment.js"),
  ],
  compatibilityDate = "2026-04-01",
  bindings = [
    (name = "ROOMS", durableObjectNamespace = "Room"),
    (name = "JWT_SECRET", fromEnvironment = "JWT_SECRET"),
  ],
  durableObjectNamespaces = [(className = "Room", uniqueKey = "bench-plain-room", enableSql = true)],
  durableObjectStorage = (localDisk = "storage"),
);
