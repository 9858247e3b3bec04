/* surfaces.h: IOSurfaces, in memory that can be touched only between lock and unlock. */
#ifndef ANE_SIM_SURFACES_H
#define ANE_SIM_SURFACES_H

#include "objects.h"

extern const sim_class sim_surface;

size_t sim_surface_size(const void *surface);
bool sim_surface_locked(const void *surface);
/* for the engine, which needs no lock: the memory stays open until sim_surface_close */
unsigned char *sim_surface_open(const void *surface);
void sim_surface_close(const void *surface);

#endif
