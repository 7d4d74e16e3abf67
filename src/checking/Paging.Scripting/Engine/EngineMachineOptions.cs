using Paging.Core;
using Paging.Native;

namespace Paging.Scripting.Engine;

/// <summary>The checks that are made while the engine runs.</summary>
public enum AuditLevel
{
    /// <summary>Not at all.</summary>
    Off,
    /// <summary>Once, when a scenario has come to its end.</summary>
    Cheap,
    /// <summary>After every call.</summary>
    Thorough,
}

/// <summary>The options of an engine that executes scenarios.</summary>
public sealed record EngineMachineOptions
{
    /// <summary>Physical memory in bytes.</summary>
    public ulong RamBytes { get; init; } = 64 << 20;

    /// <summary>The least RAM for a scenario with huge pages: ordinary memory was never short where they were recorded.</summary>
    internal ulong HugeRamBytesMin { get; init; } = 256 << 20;

    /// <summary>True to put RAM into a file, so that windows can be opened (<see cref="EngineOptions.ShareRam"/>).</summary>
    internal bool SharesRam { get; init; }

    /// <summary>The format of the engine's page tables.</summary>
    public TableFormat Tables { get; init; }

    /// <summary>The seed of the engine's random numbers. The same seed gives the same bytes.</summary>
    public ulong Seed { get; init; }

    /// <summary>Makes the swap device of an engine, which disposes it; null: it has none.</summary>
    public Func<ISwapStore>? OpenSwap { get; init; }

    /// <summary>Changes the options of each engine before it is made: what the scenario asks for is in them; null: not at all.</summary>
    internal Func<EngineOptions, EngineOptions>? Adjust { get; init; }

    /// <summary>Called with each engine that is made, before it has swap and files; null: not at all.</summary>
    public Action<PagingEngine>? EngineMade { get; init; }

    /// <summary>Makes a file with a name and contents, of at most 64 MB; null: files live in memory.</summary>
    public Func<string, byte[], GuestFile>? CreateFile { get; init; }

    /// <summary>The checks to make.</summary>
    public AuditLevel Audit { get; init; } = AuditLevel.Cheap;

    internal EngineOptions Adjusted(EngineOptions options) => Adjust?.Invoke(options) ?? options;
}
