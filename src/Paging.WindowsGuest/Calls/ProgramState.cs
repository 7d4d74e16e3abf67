using Paging.Core;
using Paging.Native;
using Paging.Windows;
using Paging.WindowsGuest.Threads;

namespace Paging.WindowsGuest.Calls;

/// <summary>What the calls of a program share.</summary>
internal sealed class ProgramState : IDisposable
{
    /// <summary>The Windows side of the engine.</summary>
    public required WindowsMachine Machine { get; init; }

    /// <summary>The process.</summary>
    public required WindowsProcess Process { get; init; }

    /// <summary>The stubs of functions.</summary>
    public required CallStubs Stubs { get; init; }

    /// <summary>The threads.</summary>
    public required ThreadSet Threads { get; init; }

    /// <summary>The time.</summary>
    public required ProgramClock Clock { get; init; }

    /// <summary>The handlers of exceptions.</summary>
    public required ExceptionDispatcher Exceptions { get; init; }

    /// <summary>What its handles lead to.</summary>
    public HandleTable Handles { get; } = new();

    /// <summary>Its heaps.</summary>
    public HeapSet Heaps { get; } = new();

    /// <summary>Its files by name: they live in the engine, and end with the program.</summary>
    public Dictionary<string, GuestFile> Files { get; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>What it writes.</summary>
    public required Stream Output { get; init; }

    /// <summary>What it writes about errors.</summary>
    public required Stream Errors { get; init; }

    /// <summary>What it reads.</summary>
    public required Stream Input { get; init; }

    /// <summary>Where its image lies.</summary>
    public VirtualAddress Image { get; set; }

    /// <summary>Where its command line lies, of bytes.</summary>
    public VirtualAddress CommandLine { get; set; }

    /// <summary>The slots of TlsAlloc that are in use.</summary>
    public ulong UsedSlots { get; set; }

    /// <summary>What it has ended with; null while it runs.</summary>
    public uint? ExitCode { get; set; }

    /// <summary>Why it was ended from outside, in words; null if it was not.</summary>
    public string? Reason { get; set; }

    /// <inheritdoc/>
    public void Dispose()
    {
        Threads.Dispose();
        foreach (GuestFile file in Files.Values) file.Dispose();
    }
}
