using System.Runtime.InteropServices;
using Paging.Guest.Abi;
using Paging.Guest.Tasks;
using Paging.Native;
using Paging.Processors;
using Paging.Programs.Cores;

namespace Paging.Guest.Programs;

/// <summary>Threads of core files as threads of a machine: registers, floating point, segments, and the call that each is in.</summary>
internal static class CoreThreads
{
    private const int InterruptByteLength = 2;    // int 0x80

    /// <summary>Loads the state of a thread.</summary>
    public static void Load(GuestTask task, CoreThread thread)
    {
        LoadSegments(task.Context, thread.Segments.Span);    // first: selectors name them
        CoreRegisters saved = thread.Registers;
        GuestRegisters registers = new()
        {
            Eax = saved.Eax,
            Ecx = saved.Ecx,
            Edx = saved.Edx,
            Ebx = saved.Ebx,
            Esp = saved.Esp,
            Ebp = saved.Ebp,
            Esi = saved.Esi,
            Edi = saved.Edi,
            Eip = saved.Eip,
            Eflags = saved.Eflags,
            Cs = saved.Cs,
            Ss = saved.Ss,
            Ds = saved.Ds,
            Es = saved.Es,
            Fs = saved.Fs,
            Gs = saved.Gs,
        };
        if (IsInterrupted(saved)) (registers.Eax, registers.Eip) = ((uint)saved.OriginalEax, saved.Eip - InterruptByteLength);
        task.Context.Adopt(registers);
        if (thread.Vectors.Length == GuestContext.FloatingPointByteLength) task.Context.RestoreFloatingPoint(thread.Vectors.Span);
        task.BlockedSignals = new SignalSet(thread.BlockedSignals).Blockable;
    }

    /// <summary>True if the call is to be made again: ERESTARTSYS and its kin, which no program sees.</summary>
    private static bool IsInterrupted(in CoreRegisters registers) =>
        registers.OriginalEax >= 0 && unchecked((int)registers.Eax) is -512 or -513 or -514 or -516;

    private static void LoadSegments(GuestContext context, ReadOnlySpan<byte> segments)
    {
        const int length = 4 * sizeof(uint);    // struct user_desc
        for (; segments.Length >= length; segments = segments[length..])
        {
            ReadOnlySpan<uint> words = MemoryMarshal.Cast<byte, uint>(segments[..length]);
            TlsDescriptor descriptor = new(new VirtualAddress(words[1]), words[2], (TlsFlags)words[3]);
            if (!descriptor.IsEmpty && context.TryTranslateTlsEntry((int)words[0], out int entry)) context.SetTls(entry, descriptor);
        }
    }
}
