using Microsoft.Win32.SafeHandles;
using Paging.Core;
using Paging.HostKernel.Files;
using Paging.HostKernel.Interop;
using Paging.Scripting.Calls;

namespace Paging.HostKernel.Puppets;

/// <summary>
/// Makes process 0: spawns the program, gives it the header's personality and limits, lets it execute itself again, and empties it.
/// </summary>
/// <remarks>It is executed twice because the kernel lays a process out at exec, according to the caller's limits and personality.</remarks>
internal static class PuppetLauncher
{
    private const uint TaskSize = 0xC000_0000, PageMask = 0xFFF;
    private const uint PersonalityNoRandomization = 0x004_0000, PersonalityBottomUp = 0x020_0000, Personality3GiB = 0x800_0000;
    private const uint SetName = 15, DisableHugePages = 41;    // PR_SET_NAME, PR_SET_THP_DISABLE
    private const ulong StackLimitForExec = 0x10_0000;  // below 127 MiB the layout is the same
    private const ulong LockLimitAtStart = 8_388_608;
    private const uint CapabilityVersion3 = 0x2008_0522;
    private const uint SignalBus = 7, SignalSegmentation = 11, SetSignalMask = 2;
    private const uint HandlerFlags = 0x4000_0000 | 0x0800_0000 | 4;    // SA_NODEFER, SA_ONSTACK, SA_SIGINFO
    private const uint PrivateAnonymous = 0x22;
    private const string TransparentSetting = "/sys/kernel/mm/transparent_hugepage/enabled";
    private const int ExecutionFormat = 8;              // ENOEXEC
    private const int FileActionsByteLength = 256;      // glibc's and musl's are 80

    /// <summary>Starts the process that the header describes.</summary>
    /// <exception cref="PlatformNotSupportedException">This host cannot; the message gives the reason.</exception>
    internal static Puppet Start(ScenarioHeader header)
    {
        PuppetLayout layout = LayoutOf(header);
        Puppet puppet = new(layout);
        try
        {
            PuppetProcess process = puppet.Adopt(Spawn(puppet, PuppetImage.Build(header.Break.Value, layout)), LockLimitAtStart);
            ProcessorBatch.Pin(process.Pid);
            puppet.PuppetSocket.Dispose();
            puppet.Block.Await(process);
            Prepare(puppet, process, header);
            Restart(puppet, process);
            Empty(puppet, process);
            CatchFaults(puppet, process);
            Confine(puppet, process, header);
            Verify(puppet, process, header);
            return puppet;
        }
        catch
        {
            puppet.Dispose();
            throw;
        }
    }

    private static PuppetLayout LayoutOf(ScenarioHeader header)
    {
        uint reserved = header.Reserved.Value, programBreak = header.Break.Value;
        if (header.HugePages is not null)
            throw new PlatformNotSupportedException("The machine does not change the host's pool of huge pages.");
        if (header.HasTransparentPages && !File.ReadAllText(TransparentSetting).Contains("[madvise]", StringComparison.Ordinal))
            throw new PlatformNotSupportedException($"The host's kernel gives transparent huge pages otherwise ({TransparentSetting}).");
        if (header.TaskSize.Value != TaskSize)
            throw new PlatformNotSupportedException("The host's kernel knows task_size=0xc0000000 only.");
        if ((reserved & PageMask) != 0 || reserved >= TaskSize || TaskSize - reserved < PuppetLayout.ByteLengthMin)
            throw new PlatformNotSupportedException("The machine needs a reserved area of 64 KiB or more, page-aligned.");
        if ((programBreak & PageMask) != 0 || programBreak < PuppetImage.BreakMin || programBreak > reserved - PuppetLayout.ByteLengthMin)
            throw new PlatformNotSupportedException("The machine cannot put a program so that the break begins there.");
        return new PuppetLayout(reserved, TaskSize - reserved);
    }

    // SAFETY: the buffers outlive the call; the one for file actions is larger than any C library's.
    private static unsafe int Spawn(Puppet puppet, byte[] image)
    {
        using SafeFileHandle file = LibC.CreateMemoryFile("puppet", 0);
        RandomAccess.Write(file, image, 0);
        puppet.Block.Expect(slot: 0);
        byte* actions = stackalloc byte[FileActionsByteLength];
        byte** nothing = stackalloc byte*[1] { null };
        fixed (byte* name = "puppet\0"u8)
        {
            byte** arguments = stackalloc byte*[2] { name, null };
            _ = LibC.InitializeActions(actions);
            _ = LibC.AddDuplicate(actions, (int)puppet.Exchange.DangerousGetHandle(), PuppetLayout.ExchangeDescriptor);
            _ = LibC.AddDuplicate(actions, (int)puppet.PuppetSocket.DangerousGetHandle(), PuppetLayout.SocketDescriptor);
            _ = LibC.AddDuplicate(actions, (int)puppet.Block.Memory.DangerousGetHandle(), PuppetLayout.ControlDescriptor);
            int error = LibC.Spawn(out int pid, $"/proc/self/fd/{(int)file.DangerousGetHandle()}", actions, null, arguments, nothing);
            _ = LibC.DestroyActions(actions);
            return error switch
            {
                0 => pid,
                ExecutionFormat =>
                    throw new PlatformNotSupportedException("The host's kernel does not run i386 programs (IA32 emulation is off)."),
                _ => throw new PlatformNotSupportedException($"The host does not let the puppet start: {(Errno)error}"),
            };
        }
    }

    // Sets the state that exec reads, and the state that it keeps.
    private static void Prepare(Puppet puppet, PuppetProcess process, ScenarioHeader header)
    {
        uint layout = header.Layout == LayoutKind.Classic ? PersonalityBottomUp : 0;
        Must(puppet.Try(process, I386Call.CloseRange, FileTable.DescriptorMin, uint.MaxValue), "close_range");
        Must(puppet.Try(process, I386Call.Personality, PersonalityNoRandomization | Personality3GiB | layout), "personality");
        Must(puppet.Try(process, I386Call.Prctl, DisableHugePages, header.HasTransparentPages ? 0 : 1u), "prctl(PR_SET_THP_DISABLE)");
        SetLimit(puppet, process, PuppetLimits.Core, 0);
        SetLimit(puppet, process, PuppetLimits.AddressSpace, PuppetLimits.Infinity);
        SetLimit(puppet, process, PuppetLimits.Data, PuppetLimits.Infinity);
        SetLimit(puppet, process, PuppetLimits.Stack, Math.Max(header.StackLimit, StackLimitForExec));
    }

    private static void Restart(Puppet puppet, PuppetProcess process)
    {
        const int PathAt = 16;
        uint scratch = puppet.Block.Layout.Scratch;
        "/proc/self/exe\0"u8.CopyTo(puppet.Block.Scratch[PathAt..]);
        puppet.PutWords(scratch + PathAt, 0);    // the path is the only argument, too
        Must(puppet.Try(process, I386Call.Execve, scratch + PathAt, scratch, scratch + sizeof(uint)), "execve");
    }

    // Text, bss, stack, vdso: everything but the block.
    private static void Empty(Puppet puppet, PuppetProcess process) =>
        Must(puppet.Try(process, I386Call.Munmap, 0, puppet.Block.Layout.Reserved), "munmap");

    private static void CatchFaults(Puppet puppet, PuppetProcess process)
    {
        PuppetLayout layout = puppet.Block.Layout;
        uint stack = puppet.PutWords(layout.SignalStack, 0, PuppetLayout.SignalStackByteLength);
        Must(puppet.Try(process, I386Call.Sigaltstack, stack, 0), "sigaltstack");
        uint action = puppet.PutWords(puppet.Block.Code.OnSignal, HandlerFlags, 0, 0, 0);
        Must(puppet.Try(process, I386Call.Sigaction, SignalSegmentation, action, 0, sizeof(ulong)), "rt_sigaction");
        Must(puppet.Try(process, I386Call.Sigaction, SignalBus, action, 0, sizeof(ulong)), "rt_sigaction");
        // The terminal's signals are for the host; the puppet goes when the host goes.
        uint mask = puppet.PutWords(~((1u << ((int)SignalSegmentation - 1)) | (1u << ((int)SignalBus - 1))), uint.MaxValue);
        Must(puppet.Try(process, I386Call.Sigprocmask, SetSignalMask, mask, 0, sizeof(ulong)), "rt_sigprocmask");
    }

    // No capabilities: CAP_IPC_LOCK exempts a process from the limit on locked memory, and CAP_SYS_RAWIO lets it map page 0.
    private static void Confine(Puppet puppet, PuppetProcess process, ScenarioHeader header)
    {
        const int SetsAt = 2 * sizeof(uint);
        "paging-puppet\0"u8.CopyTo(puppet.Block.Scratch);
        Must(puppet.Try(process, I386Call.Prctl, SetName, puppet.Block.Layout.Scratch), "prctl(PR_SET_NAME)");    // for ps(1)
        SetLimit(puppet, process, PuppetLimits.Stack, header.StackLimit);
        SetLimit(puppet, process, PuppetLimits.LockedMemory, LockLimitAtStart);
        uint capabilities = puppet.PutWords(CapabilityVersion3, 0, 0, 0, 0, 0, 0, 0);
        Must(puppet.Try(process, I386Call.Capset, capabilities, capabilities + SetsAt), "capset");
    }

    private static void Verify(Puppet puppet, PuppetProcess process, ScenarioHeader header)
    {
        uint programBreak = (uint)puppet.Call(process, I386Call.Brk, 0);
        if (programBreak != header.Break.Value) throw Differs("brk", programBreak, header.Break.Value);
        uint place = (uint)puppet.Call(process, I386Call.Mmap, 0, PageMask + 1, 0, PrivateAnonymous, uint.MaxValue);
        Must(puppet.Try(process, I386Call.Munmap, place, PageMask + 1), "munmap");
        uint mmapBase = header.Layout == LayoutKind.Classic ? place : place + PageMask + 1;
        if (mmapBase != header.MmapBase.Value) throw Differs("mmap_base", mmapBase, header.MmapBase.Value);
    }

    private static PlatformNotSupportedException Differs(string what, uint actual, uint expected) =>
        new($"The host's kernel gives a process with this layout and stack_limit {what}=0x{actual:x8}; the header says 0x{expected:x8}.");

    private static void SetLimit(Puppet puppet, PuppetProcess process, uint resource, ulong soft) =>
        Must(
            PuppetLimits.Set(puppet, process, resource, soft),
            $"{PuppetLimits.NameOf(resource)} of {soft} (the hard limit must allow it)");

    private static void Must(Errno error, string what)
    {
        if (error != Errno.None) throw new PlatformNotSupportedException($"The puppet could not be set up: {what} gave {error}.");
    }
}
