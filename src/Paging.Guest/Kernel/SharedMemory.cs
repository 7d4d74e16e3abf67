using Paging.Core;

namespace Paging.Guest;

/// <summary>The memory of one or more processes: more than one between vfork and execve. Linux: mm_struct and its mm_users.</summary>
internal sealed class SharedMemory(Process core)
{
    private int _holders = 1;

    /// <summary>The engine's process, which is memory and nothing else here.</summary>
    public Process Core { get; } = core;

    public AddressSpace Space => Core.Memory;

    public bool IsShared => _holders > 1;

    /// <summary>Where arguments and environment lie is kept by the engine; the auxiliary vector is kept here for /proc.</summary>
    public ExecutedProgram Program { get; set; }

    public SharedMemory Hold()
    {
        _holders++;
        return this;
    }

    /// <summary>The last holder gives it back to the engine.</summary>
    public void Release()
    {
        if (--_holders == 0) Core.Dispose();
    }
}
