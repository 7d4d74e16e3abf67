using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Paging.Bench.Harness;

namespace Paging.Bench.Host;

/// <summary>
/// A process without a runtime or a C library: a page of code, 65 KiB of memory and a stack. It makes system calls to order.
/// </summary>
/// <remarks>
/// <code>
///   this process ──── steps through a pipe ────► bare process: executes them, one system call after another
///        ▲                                            │
///        └──── results, clocks, fault counts ◄────────┘
/// </code>
/// Why: fork, copy-on-write and brk of the host cannot be measured in a process that runs .NET. A managed child would be broken from
/// birth, each fork would make all pages of this process read-only, and its size would be counted as the kernel's cost.
/// </remarks>
internal sealed class BareProcess : IDisposable
{
    private const int ClockOffset = 64, ClockLength = 16;
    private const int UsageOffset = 256, UsageLength = 256, MinorFaultsOffset = 64;

    private readonly Process _process;
    private readonly byte[] _order = new byte[BareProcessCode.StepsLengthMax];
    private readonly byte[] _answer = new byte[BareProcessCode.ScratchLength + BareProcessCode.StepsLengthMax];
    private int _orderLength;

    /// <summary>Where it may map what it likes: nothing else is there.</summary>
    public const long Base = 0x10_0000_0000;

    /// <summary>How many steps one order may have.</summary>
    public const int StepCountMax = (BareProcessCode.StepsLengthMax / 64) - 1;

    /// <summary>Starts it.</summary>
    public BareProcess()
    {
        if (!OperatingSystem.IsLinux()) throw new PlatformNotSupportedException();
        _process = Start();
        Run([HostStep.Pipe(BareProcessCode.ScratchAddress)]);
    }

    /// <summary>A step that lets a forked child end.</summary>
    public HostStep Release => HostStep.Write(BitConverter.ToInt32(_answer, sizeof(int)), BareProcessCode.ScratchAddress, 1);

    /// <summary>A step that reads the clock into one of eight slots, for <see cref="Elapsed"/>.</summary>
    public static HostStep Clock(int slot) => HostStep.Clock(BareProcessCode.ScratchAddress + ClockOffset + (slot * ClockLength));

    /// <summary>A step that reads the resource usage into one of three slots, for <see cref="MinorFaults"/>.</summary>
    public static HostStep Usage(int slot) => HostStep.Usage(BareProcessCode.ScratchAddress + UsageOffset + (slot * UsageLength));

    /// <summary>Nanoseconds between two clock steps of the last order.</summary>
    public long Elapsed(int fromSlot, int toSlot) => ClockOf(toSlot) - ClockOf(fromSlot);

    /// <summary>Minor faults between two usage steps of the last order.</summary>
    public long MinorFaults(int fromSlot, int toSlot) => MinorFaultsOf(toSlot) - MinorFaultsOf(fromSlot);

    /// <summary>Has a list of steps executed, and gives them back with their results.</summary>
    /// <exception cref="BrokenBenchmarkException">A system call among them failed.</exception>
    public void Run(Span<HostStep> steps)
    {
        if (steps.Length > StepCountMax) throw new BrokenBenchmarkException($"{steps.Length} steps are too many for one order.");
        Span<HostStep> order = MemoryMarshal.Cast<byte, HostStep>(_order.AsSpan());
        steps.CopyTo(order);
        order[steps.Length] = HostStep.End;
        _orderLength = (steps.Length + 1) * Marshal.SizeOf<HostStep>();
        RoundTrip();
        MemoryMarshal.Cast<byte, HostStep>(_answer.AsSpan(BareProcessCode.ScratchLength))[..steps.Length].CopyTo(steps);
        foreach (ref readonly HostStep step in steps)
        {
            if (step.Failed)
                throw new BrokenBenchmarkException($"System call {step.Number} of the bare process failed with error {-step.Result}.");
        }
    }

    /// <summary>Sends the last order again and waits for the answer: two switches of processes on the host.</summary>
    public void RoundTrip()
    {
        _process.StandardInput.BaseStream.Write(_order, 0, _orderLength);
        _process.StandardOutput.BaseStream.ReadExactly(_answer, 0, BareProcessCode.ScratchLength + _orderLength);
    }

    /// <summary>Without orders to come it ends.</summary>
    public void Dispose()
    {
        _process.StandardInput.Close();
        _process.WaitForExit();
        _process.Dispose();
    }

    private long ClockOf(int slot)
    {
        int at = ClockOffset + (slot * ClockLength);
        return (BitConverter.ToInt64(_answer, at) * 1_000_000_000) + BitConverter.ToInt64(_answer, at + sizeof(long));
    }

    private long MinorFaultsOf(int slot) => BitConverter.ToInt64(_answer, UsageOffset + (slot * UsageLength) + MinorFaultsOffset);

    [SupportedOSPlatform("linux")]
    private static Process Start()
    {
        string path = Path.Combine(Path.GetTempPath(), $"paging-bench-{Environment.ProcessId}-{Guid.NewGuid():N}");
        try
        {
            File.WriteAllBytes(path, BareProcessCode.ElfFile());
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserExecute);
            ProcessStartInfo start = new(path) { RedirectStandardInput = true, RedirectStandardOutput = true, UseShellExecute = false };
            return Process.Start(start) ?? throw new BrokenBenchmarkException("The bare process did not start.");
        }
        finally
        {
            File.Delete(path);    // the process keeps what it runs
        }
    }
}
