using Microsoft.Win32.SafeHandles;
using Paging.HostKernel.Files;
using Paging.HostKernel.Interop;

namespace Paging.HostKernel.Puppets;

/// <summary>One process of the scenario: a real one on the host, with the state that the machine keeps for it.</summary>
internal sealed class PuppetProcess : IDisposable
{
    private const Core.Errno Interrupted = (Core.Errno)4;    // EINTR is no answer of the dialect

    private readonly SafeFileHandle?[] _reports = new SafeFileHandle?[3];
    private bool _isGone;

    internal PuppetProcess(int pid, int slot, FileTable files, ulong lockLimit) =>
        (Pid, Slot, Files, LockLimit) = (pid, slot, files, lockLimit);

    /// <summary>The host's number for it.</summary>
    internal int Pid { get; }

    /// <summary>The index of its wait word in the control block.</summary>
    internal int Slot { get; }

    /// <summary>Its descriptors.</summary>
    internal FileTable Files { get; }

    /// <summary>RLIMIT_MEMLOCK in bytes.</summary>
    internal ulong LockLimit { get; set; }

    /// <summary>Page faults of its counted accesses since the last report; null before the first one.</summary>
    internal long? FaultCount { get; set; }

    /// <summary>The process's file in /proc of this name, kept open: reports are read often.</summary>
    internal SafeFileHandle Report(ProcessReport report)
    {
        ref SafeFileHandle? file = ref _reports[(int)report];
        if (file is null)
        {
            string path = $"/proc/{Pid}/{report switch { ProcessReport.Maps => "maps", ProcessReport.Status => "status", _ => "pagemap" }}";
            file = LibC.Open(path, LibC.CloseOnExec, 0);
            if (file.IsInvalid) throw LibC.Failed($"open {path}");
        }
        return file;
    }

    /// <summary>Throws when the process no longer runs.</summary>
    // SAFETY: waitpid writes one word, the local.
    internal unsafe void ThrowIfDead()
    {
        int status = 0;
        if (!_isGone && LibC.Wait(Pid, &status, LibC.WaitAll | LibC.WaitNoHang) == 0) return;
        _isGone = true;
        throw new InvalidOperationException($"Puppet process {Pid} died in the middle of a call (wait status 0x{status:x}). " +
            "A call that changes the reserved area does that, and so does the host when it runs out of memory.");
    }

    /// <summary>Waits for a process that was ordered to exit: its memory is gone afterwards.</summary>
    // SAFETY: waitpid writes one word, the local.
    internal unsafe void Reap()
    {
        if (_isGone) return;
        int status = 0;
        while (LibC.Wait(Pid, &status, LibC.WaitAll) < 0 && LibC.LastError == Interrupted) { }
        _isGone = true;
    }

    public void Dispose()
    {
        if (!_isGone)
        {
            _ = LibC.Kill(Pid, LibC.SignalKill);
            Reap();
        }
        foreach (SafeFileHandle? report in _reports) report?.Dispose();
        Files.Dispose();
    }
}

/// <summary>The files in /proc that report the state of a process's memory.</summary>
internal enum ProcessReport
{
    /// <summary>The list of areas.</summary>
    Maps,
    /// <summary>The totals.</summary>
    Status,
    /// <summary>Page by page, through an ioctl.</summary>
    Pagemap,
}
