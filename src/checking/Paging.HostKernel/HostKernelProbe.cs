using System.Runtime.InteropServices;
using Paging.HostKernel.Inspection;
using Paging.Native;
using Paging.Scripting.Calls;

namespace Paging.HostKernel;

/// <summary>Asks whether this host's kernel can serve as a machine.</summary>
public static class HostKernelProbe
{
    private const string SharedHugePages = "/sys/kernel/mm/transparent_hugepage/shmem_enabled";
    private const long ReadWrite = 3, PrivateAnonymous = 0x22, PageByteLength = 4096;
    private static readonly Lazy<string> Answer = new(Probe);

    /// <summary>The kernel's version, as <c>uname -r</c> prints it; nothing elsewhere than on Linux.</summary>
    public static string KernelRelease =>
        OperatingSystem.IsLinux() ? File.ReadAllText("/proc/sys/kernel/osrelease").Trim() : "";

    /// <summary>True if transparent pages are on for advised memory, and their frames can be seen, which takes root.</summary>
    public static bool ShowsTransparentPages
    {
        get
        {
            const string setting = "/sys/kernel/mm/transparent_hugepage/enabled";
            if (!OperatingSystem.IsLinux() || !File.Exists(setting)) return false;
            if (!File.ReadAllText(setting).Contains("[madvise]", StringComparison.Ordinal)) return false;
            using Microsoft.Win32.SafeHandles.SafeFileHandle flags = Interop.LibC.Open("/proc/kpageflags", Interop.LibC.CloseOnExec, 0);
            return !flags.IsInvalid;
        }
    }

    /// <summary>Tries a small scenario, once per program.</summary>
    /// <param name="reason">Why not; empty when it can.</param>
    /// <returns>True when <see cref="HostKernelMachine"/> works here.</returns>
    public static bool TryProbe(out string reason)
    {
        reason = Answer.Value;
        return reason.Length == 0;
    }

    private static string Probe()
    {
        if (!OperatingSystem.IsLinux()) return "the host's kernel is not Linux";
        if (RuntimeInformation.ProcessArchitecture != Architecture.X64) return "the host's processor is not an x86-64";
        if (PlacesFilesByHugePages())
            return $"the host's kernel aligns mappings of files to huge pages ({SharedHugePages} is neither never nor deny)";
        try
        {
            using HostKernelMachine machine = new();
            machine.Start(ScenarioHeader.Default);
            return ProbeMachine(machine);
        }
        catch (Exception exception)
            when (exception is PlatformNotSupportedException or InvalidOperationException or IOException or TypeLoadException)
        {
            return exception.Message;
        }
    }

    // Linux: mm/shmem.c shmem_get_unmapped_area; the files of a scenario are of the kernel's own tmpfs mount.
    private static bool PlacesFilesByHugePages()
    {
        if (!File.Exists(SharedHugePages)) return false;
        string modes = File.ReadAllText(SharedHugePages);
        return !modes.Contains("[never]", StringComparison.Ordinal) && !modes.Contains("[deny]", StringComparison.Ordinal);
    }

    private static string ProbeMachine(HostKernelMachine machine)
    {
        if (!PageReports.IsSupported(machine.Session.Puppet.Find(0)!))
            return "the host's kernel has no PAGEMAP_SCAN (it came with Linux 6.7)";
        ScriptResult place = machine.Execute(new ScenarioCall(CallName.Mmap, 0, 6, 0, PageByteLength, ReadWrite, PrivateAnonymous, -1, 0));
        ScenarioCall store = new(CallName.Store, 0, 2, place.Value, 0x41), load = new(CallName.Load, 0, 1, place.Value);
        if (machine.Execute(store) != ScriptResult.Number(0) || machine.Execute(load) != ScriptResult.Byte(0x41))
            return "a store into fresh memory of the puppet did not come back";
        ScriptResult fault = machine.Execute(new ScenarioCall(CallName.Load, 0, 1, 0));
        ScriptResult expected = ScriptResult.Signal(new Core.MemoryFault(Core.MemoryFaultKind.NotMapped, VirtualAddress.Zero));
        return fault == expected ? "" : "an access to address 0 gave no SIGSEGV";
    }
}
