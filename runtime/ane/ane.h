/* ane.h: the device that evaluates programs on Apple's engine, through the in-memory model classes
 * of AppleNeuralEngine.framework (macOS on Apple silicon; see README for what has run there).
 *
 * All of Apple's libraries are looked up when the device opens (objc.h): elsewhere opening fails
 * with advice. Numerics are the engine's own; the configuration's are not looked at. */
#ifndef ANET_ANE_H
#define ANET_ANE_H

#include "device.h"

extern const anet_device_ops anet_ane_device;

#endif
