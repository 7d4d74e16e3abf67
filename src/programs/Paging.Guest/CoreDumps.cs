using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Signals;
using Paging.Guest.Syscalls;
using Paging.Guest.Tasks;
using Paging.Guest.Vfs;
using Paging.Guest.Vfs.Tree;
using Paging.Processors;
using Paging.Programs.Cores;

namespace Paging.Guest;

/// <summary>Writes core files of processes that a signal ends: one for the embedder, and one that the program's limits allow.</summary>
/// <remarks>Linux: fs/coredump.c vfs_coredump, with core_pattern "core" and core_uses_pid 0.</remarks>
internal sealed class CoreDumps(FileTree tree, GuestKernelOptions options, EmbedderCalls embedder)
{
    private readonly FileOpener _opener = new(tree);

    /// <summary>Writes them. Returns true if the program has its core file, which its wait status shows.</summary>
    public bool Dump(GuestTask task, in SignalInfo info)
    {
        GuestProcess process = task.Process;
        ulong limit = process.Limits[LimitTable.CoreFile].Soft;
        // A limit below a page leaves no room even for the header (do_coredump)
        bool isAllowed = limit >= PageWords.ByteLength && process.IsDumpable;
        if (!isAllowed && options.OnCore is null) return false;
        GuestCore core = new(process.Memory.Core, Describe(task, info));
        embedder.Report(core);
        return isAllowed && TryWrite(task, core, limit);
    }

    /// <summary>Describes a process as the notes of a core file do.</summary>
    public static CoreProcess Describe(GuestTask first, in SignalInfo info)
    {
        GuestProcess process = first.Process;
        byte[] signal = new byte[128];
        SignalFrame.WriteInfo(signal, info);
        return new()
        {
            Id = process.Id,
            ParentId = process.Parent?.Id ?? TaskTable.InitId,
            GroupId = process.GroupId,
            SessionId = process.SessionId,
            User = process.Credentials.User,
            Group = process.Credentials.Group,
            Name = ByteText.ToHost(first.Name),
            Signal = (int)info.Signal,
            SignalInformation = signal,
            AuxiliaryVector = process.Memory.AuxiliaryVector,
            Contents = (CoreContents)process.CoreDumpFilter,
            Threads = [.. process.Threads.OrderBy(thread => thread != first).Select(static thread => Describe(thread))],
        };
    }

    private static CoreThread Describe(GuestTask task)
    {
        ref GuestRegisters from = ref task.Registers;
        bool isInCall = task is { IsBlocked: true, AwaitsPage: false };
        return new()
        {
            Id = task.Id,
            Registers = new()
            {
                Ebx = from.Ebx,
                Ecx = from.Ecx,
                Edx = from.Edx,
                Esi = from.Esi,
                Edi = from.Edi,
                Ebp = from.Ebp,
                Eax = isInCall ? task.Call.Interrupted.KernelWord : from.Eax,
                OriginalEax = isInCall ? (int)task.Call.Number : -1,
                Ds = from.Ds & 0xFFFF,
                Es = from.Es & 0xFFFF,
                Fs = from.Fs & 0xFFFF,
                Gs = from.Gs & 0xFFFF,
                Eip = from.Eip,
                Cs = from.Cs & 0xFFFF,
                Eflags = from.Eflags,
                Esp = from.Esp,
                Ss = from.Ss & 0xFFFF,
            },
            FloatingPoint = FloatingPointImage.OldOf(task),
            Vectors = FloatingPointImage.VectorsOf(task),
            Extended = FloatingPointImage.ExtendedOf(task),
            Segments = ThreadArea.AllOf(task),
            PendingSignals = task.Pending.Set.Bits | task.Process.Pending.Set.Bits,
            BlockedSignals = task.BlockedSignals.Bits,
            UserTime = TimeSpan.FromTicks(task.UserTime / TimeSpan.NanosecondsPerTick),
            SystemTime = TimeSpan.FromTicks(task.SystemTime / TimeSpan.NanosecondsPerTick),
        };
    }

    /// <summary>Writes the file "core" in the process's directory, cut at the limit.</summary>
    private bool TryWrite(GuestTask task, GuestCore core, ulong limit)
    {
        if (_opener.OpenCore(task, "core", out OpenDescription? open) != Errno.None) return false;
        try
        {
            using OpenFileStream stream = new(open!, limit);
            core.Write(stream);
        }
        catch (IOException)
        {
            // A core at its limit, or on a full disk, is cut and counts as dumped (elf_core_dump: has_dumped)
        }
        finally
        {
            open!.Release();
        }

        return true;
    }
}
