using Paging.Core;
using Paging.Native;

namespace Paging.WindowsGuest;

/// <summary>Options for a program of Windows.</summary>
public sealed record WindowsProgramOptions
{
    /// <summary>The machine. Tables are those of PAE by default, as a 32-bit Windows with NX has them.</summary>
    public EngineOptions Engine { get; init; } = new() { RamBytes = 64 << 20, Tables = TableFormat.Pae };

    /// <summary>The boot option /3GB: a program that is large-address-aware has 3 GB.</summary>
    public bool HasLargeUserRange { get; init; }

    /// <summary>The clock of the program. The time of day at the start is fixed; time passes as on this clock.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>The page file's length in bytes; 0 for none.</summary>
    public ulong PageFileBytes { get; init; } = 256 << 20;

    /// <summary>The command line, the program's name in front.</summary>
    public string CommandLine { get; init; } = "program.exe";

    /// <summary>The program's standard input.</summary>
    public Stream Input { get; init; } = Stream.Null;

    /// <summary>The program's standard output.</summary>
    public Stream Output { get; init; } = Stream.Null;

    /// <summary>The program's standard error.</summary>
    public Stream Errors { get; init; } = Stream.Null;
}
