namespace Paging.Core;

/// <summary>State of the host that belongs to a process: the registers of its processor and of its devices.</summary>
/// <remarks>
/// It goes with the snapshots of the process (<c>UserProcess.HostState</c>), with saved processes and images. Both methods are called
/// in the middle of an operation and must not call the engine; an exception reaches the caller of the operation.
/// </remarks>
public interface IHostState
{
    /// <summary>The most bytes of a state: 64 MiB.</summary>
    const int ByteLengthMax = 64 << 20;

    /// <summary>Returns the state as it is now. Called when a snapshot is taken. The engine copies the bytes.</summary>
    ReadOnlySpan<byte> Save();

    /// <summary>Goes back to a state. Called at the end of a restore, when the memory is that of the snapshot again.</summary>
    /// <param name="state">The bytes that <see cref="Save"/> returned, here or in the process that was saved.</param>
    void Restore(ReadOnlySpan<byte> state);
}
