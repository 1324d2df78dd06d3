// The fields are those of audit.k8s.io/v1 Event and of the types it holds
// (UserInfo, ObjectReference, metav1.Status), and what the Kafka source adds. A
// field is marked `?` when the apiserver leaves it out of some event that a
// policy can produce.
#include "dsl/check/k8s_audit.h"

#include <string>

#include "dsl/check/context.h"
#include "dsl/diag/diagnostic.h"
#include "dsl/parser/parse.h"
#include "dsl/source/source_file.h"
#include "engine/base/check.h"

namespace tocsin::dsl {
namespace {

constexpr std::string_view kText = R"rules(
schema k8s.audit {
  unwrap    items[*]
  match     exists(auditID) and exists(stage)
  time      stageTimestamp, requestReceivedTimestamp
  identity  auditID, stage, stageTimestamp

  # A request that the apiserver keeps open; it is answered when it starts.
  derive long_running bool =
      verb in ["watch", "proxy"]
      or objectRef.subresource in ["exec", "attach", "portforward", "proxy",
                                   "log"]
      or requestURI startswith "/debug/pprof/"
  # The one event of a request at which its outcome is known.
  derive answered bool =
      stage in ["Panic", "ResponseStarted"]
      or (stage == "ResponseComplete" and not long_running)
  # 101: the connection was upgraded (exec, attach, portforward).
  derive ok bool =
      responseStatus.code in 200..299 or responseStatus.code == 101
  # The hop next to the apiserver: what the client cannot choose.
  derive client ip = ip(sourceIPs[-1])
  derive command string = join(url_query(requestURI, "command"), " ")

  default where answered unless mentioned stage
  show user.username as user, client as ip, verb,
       objectRef.resource as resource, objectRef.namespace as namespace,
       objectRef.name as object

  fields {
    kind       string?
    apiVersion string?
    auditID    string
    level      string one of ["Metadata", "Request", "RequestResponse"]
    stage      string one of ["RequestReceived", "ResponseStarted",
                              "ResponseComplete", "Panic"]
    stageTimestamp           time
    requestReceivedTimestamp time
    requestURI string
    verb       string usually ["get", "list", "watch", "create", "update",
                               "patch", "delete", "deletecollection", "proxy",
                               "head", "post", "put", "options", "connect",
                               "trace", ""]
    user {
      username string?
      uid      string?
      groups   list of string?
      extra    map of list of string?
    }
    impersonatedUser {
      username string?
      uid      string?
      groups   list of string?
      extra    map of list of string?
    }?
    authenticationMetadata {
      impersonationConstraint string?
    }?
    sourceIPs list of string?
    userAgent string?
    objectRef {
      resource        string?
      namespace       string?
      name            string?
      uid             string?
      apiGroup        string?
      apiVersion      string?
      resourceVersion string?
      subresource     string?
    }?
    responseStatus {
      code       int? in 100..599
      status     string?
      reason     string?
      message    string?
      kind       string?
      apiVersion string?
      metadata   any?
      details    any?
    }?
    requestObject  any?
    responseObject any?
    annotations    map of string?
    # Where a message of Kafka came from.
    kafka {
      topic        string?
      partition    int?
      offset       int?
      timestamp_ms int?
      key          string?
      key_base64   string?
      headers      map of string?
    }?
  }
}
)rules";

cst::File Read() {
  SourceSet sources;
  const FileId id = sources.Add(SourceFile("k8s.audit", std::string(kText)));
  DiagnosticSink sink;
  cst::File file = Parse(sources, id, &sink);
  TOCSIN_CHECK(!sink.has_errors());
  file.id = kBuiltInFile;
  return file;
}

}  // namespace

std::string_view AuditSchemaText() { return kText; }

const cst::File& AuditSchemaFile() {
  static const cst::File file = Read();
  return file;
}

}  // namespace tocsin::dsl
