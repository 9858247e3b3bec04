/* attributes.h: what the loaded model says about its inputs and outputs. */
#ifndef ANET_ANE_ATTRIBUTES_H
#define ANET_ANE_ATTRIBUTES_H

#include "ane/objc.h"
#include "ane/ports.h"

/* Fills in slot and layout of every port that the model has, by name. What contradicts the text is
 * an error: nothing is bound by guess. */
anet_code ane_attributes_bind(const ane_api *a, ane_id attributes, const char *program,
                              ane_ports *ports, anet_error *err);

#endif
