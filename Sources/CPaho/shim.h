// Eclipse Paho's asynchronous MQTT client with TLS. Swift does not see initializers that are macros.

#ifndef CPAHO_SHIM_H
#define CPAHO_SHIM_H

#include <MQTTAsync.h>

static inline MQTTAsync_connectOptions cpaho_connect_options(void) {
  MQTTAsync_connectOptions options = MQTTAsync_connectOptions_initializer;
  return options;
}

static inline MQTTAsync_willOptions cpaho_will_options(void) {
  MQTTAsync_willOptions options = MQTTAsync_willOptions_initializer;
  return options;
}

static inline MQTTAsync_SSLOptions cpaho_tls_options(void) {
  MQTTAsync_SSLOptions options = MQTTAsync_SSLOptions_initializer;
  return options;
}

static inline MQTTAsync_responseOptions cpaho_response_options(void) {
  MQTTAsync_responseOptions options = MQTTAsync_responseOptions_initializer;
  return options;
}

static inline MQTTAsync_disconnectOptions cpaho_disconnect_options(void) {
  MQTTAsync_disconnectOptions options = MQTTAsync_disconnectOptions_initializer;
  return options;
}

static inline MQTTAsync_message cpaho_message(void) {
  MQTTAsync_message message = MQTTAsync_message_initializer;
  return message;
}

#endif
