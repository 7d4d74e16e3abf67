using Paging.Native;

namespace Paging.Core;

/// <summary>The costs of synchronization between the threads of an engine.</summary>
/// <param name="Processors">The number of virtual processors.</param>
/// <param name="Shootdowns">The number of times that a call had to wait for a running thread.</param>
/// <param name="LostProcessors">The number of threads that ended while their processors ran.</param>
/// <param name="WaitingFrames">Frames that are not free yet, because a thread has not come to rest.</param>
public readonly record struct ThreadCounters(int Processors, long Shootdowns, int LostProcessors, FrameCount WaitingFrames);
