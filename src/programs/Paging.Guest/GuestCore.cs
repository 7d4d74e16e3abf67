using Paging.Core;
using Paging.Programs.Cores;

namespace Paging.Guest;

/// <summary>A process that a signal is about to end, while its memory and threads can still be written as a core file.</summary>
/// <remarks>Valid during <see cref="GuestKernelOptions.OnCore"/> only.</remarks>
public sealed class GuestCore
{
    internal GuestCore(UserProcess process, CoreProcess about) => (Process, About) = (process, about);

    /// <summary>The engine's process with its memory.</summary>
    public UserProcess Process { get; }

    /// <summary>Its threads, numbers and signal.</summary>
    public CoreProcess About { get; }

    /// <summary>Writes the core file, as <see cref="CoreWriter.Write"/> does.</summary>
    /// <exception cref="IOException">The stream has failed.</exception>
    public void Write(Stream stream) => CoreWriter.Write(Process, stream, About);
}
