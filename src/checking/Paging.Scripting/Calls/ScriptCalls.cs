using System.Collections.Immutable;
using static Paging.Scripting.Calls.ArgumentKind;

namespace Paging.Scripting.Calls;

/// <summary>Every call of the dialect, described once: parser, printer and generators read it from here.</summary>
public static class ScriptCalls
{
    /// <summary>All calls, in the order of <see cref="CallName"/>.</summary>
    public static ImmutableArray<CallSignature> All { get; } = [.. MakeSignatures()];

    /// <summary>The description of a call.</summary>
    public static CallSignature Of(CallName name) => All[(int)name];

    private static CallSignature[] MakeSignatures()
    {
        CallSignature[] signatures =
        [
            // Mapping
            Refusable(CallName.Mmap, "mmap", CallResultKind.Address, Address, Length, Protection, MapFlags, Descriptor, FileOffset),
            Refusable(CallName.Munmap, "munmap", CallResultKind.Number, Address, Length),
            Refusable(CallName.Mprotect, "mprotect", CallResultKind.Number, Address, Length, Protection),
            Refusable(CallName.Mremap, "mremap", CallResultKind.Address, Address, Length, Length, RemapFlags,
            Address) with { OptionalCount = 1 },
            Refusable(CallName.Madvise, "madvise", CallResultKind.Number, Address, Length, Advice),
            Refusable(CallName.Msync, "msync", CallResultKind.Number, Address, Length, SyncFlags),
            Refusable(CallName.Mlock, "mlock", CallResultKind.Number, Address, Length),
            Refusable(CallName.Munlock, "munlock", CallResultKind.Number, Address, Length),
            Refusable(CallName.Mlock2, "mlock2", CallResultKind.Number, Address, Length, LockFlags),
            Refusable(CallName.Mlockall, "mlockall", CallResultKind.Number, LockAllFlags),
            Refusable(CallName.Munlockall, "munlockall", CallResultKind.Number),
            Certain(CallName.Brk, "brk", CallResultKind.Address, Address),    // returns the old break instead of an error
            Refusable(CallName.Mincore, "mincore", CallResultKind.Quoted, Address, Length) with { Alphabet = "01" },

            // Files
            Refusable(CallName.Open, "open", CallResultKind.Number, FileName, FileSize, Count),
            Refusable(CallName.OpenRo, "openro", CallResultKind.Number, FileName, FileSize, Count),
            Refusable(CallName.OpenWo, "openwo", CallResultKind.Number, FileName, FileSize, Count),
            Refusable(CallName.OpenDir, "opendir", CallResultKind.Number),
            Refusable(CallName.Close, "close", CallResultKind.Number, Descriptor),
            Refusable(CallName.Ftruncate, "ftruncate", CallResultKind.Number, Descriptor, FilePosition),
            Refusable(CallName.Fsync, "fsync", CallResultKind.Number, Descriptor),
            Refusable(CallName.Pread, "pread", CallResultKind.CountAndCrc, Descriptor, Count, FilePosition),
            Refusable(CallName.Pwrite, "pwrite", CallResultKind.Number, Descriptor, Count, FilePosition, Count),
            Refusable(CallName.Punch, "punch", CallResultKind.Number, Descriptor, FilePosition, FilePosition),
            Refusable(CallName.MemFd, "memfd", CallResultKind.Number, FileName, MemoryFileFlags),
            Refusable(CallName.Fallocate, "fallocate", CallResultKind.Number, Descriptor, AllocateMode, FilePosition, FilePosition),
            Refusable(CallName.Fsize, "fsize", CallResultKind.Number, Descriptor),

            // Accesses by the program, copies by the kernel
            Faulting(CallName.Load, "load", CallResultKind.Byte, Address),
            Faulting(CallName.Load32, "load32", CallResultKind.Word, Address),
            Faulting(CallName.Store, "store", CallResultKind.Number, Address, ArgumentKind.Byte),
            Faulting(CallName.Store32, "store32", CallResultKind.Number, Address, Word),
            Faulting(CallName.Add, "add", CallResultKind.Byte, Address, ArgumentKind.Byte),
            Faulting(CallName.Fill, "fill", CallResultKind.Number, Address, Length, ArgumentKind.Byte),
            Faulting(CallName.Sum, "sum", CallResultKind.Crc, Address, Length),
            Refusable(CallName.CopyIn, "copyin", CallResultKind.Number, Address, Count, Count),
            Refusable(CallName.CopyOut, "copyout", CallResultKind.CountAndCrc, Address, Count),

            // Processes and limits
            Refusable(CallName.Fork, "fork", CallResultKind.Number),
            Certain(CallName.Exit, "exit", CallResultKind.Number, Count),
            Refusable(CallName.Rlimit, "rlimit", CallResultKind.Number, Limit, LimitValue),
            Refusable(CallName.Prctl, "prctl", CallResultKind.Number, ProcessControl, Count, ControlFlags, Count, Count) with
            { OptionalCount = 4 },
            Certain(CallName.SetPool, "setpool", CallResultKind.Line, Count),

            // Inspection
            Certain(CallName.Maps, "maps", CallResultKind.Block, Address, Address),
            Certain(CallName.Areas, "areas", CallResultKind.Block, Address, Address),
            Certain(CallName.Resident, "resident", CallResultKind.Number, Address, Address),
            Certain(CallName.Pagemap, "pagemap", CallResultKind.Quoted, Address, Address),
            Certain(CallName.Vm, "vm", CallResultKind.Line),
            Certain(CallName.Faults, "faults", CallResultKind.Number),
            Certain(CallName.Pool, "pool", CallResultKind.Line),
            Certain(CallName.Usage, "usage", CallResultKind.Line),
            Certain(CallName.Tables, "tables", CallResultKind.Number),
            Certain(CallName.HugeMap, "hugemap", CallResultKind.Quoted, Address, Address) with { Alphabet = ".HFZscfz" },
            Certain(CallName.Smaps, "smaps", CallResultKind.Block, Address, Address),
        ];
        for (int index = 0; index < signatures.Length; index++)
            if (signatures[index].Code != index)
                throw new InvalidOperationException($"{signatures[index].Spelling} is not where CallName has it.");
        return signatures;
    }

    private static CallSignature Refusable(CallName name, string spelling, CallResultKind success,
        params ReadOnlySpan<ArgumentKind> arguments) =>
        Make(name, spelling, success, CallFailure.Error, arguments);

    private static CallSignature Faulting(CallName name, string spelling, CallResultKind success,
        params ReadOnlySpan<ArgumentKind> arguments) =>
        Make(name, spelling, success, CallFailure.Signal, arguments);

    private static CallSignature Certain(CallName name, string spelling, CallResultKind success,
        params ReadOnlySpan<ArgumentKind> arguments) =>
        Make(name, spelling, success, CallFailure.None, arguments);

    private static CallSignature Make(CallName name, string spelling, CallResultKind success, CallFailure failure,
        ReadOnlySpan<ArgumentKind> arguments)
    {
        ImmutableArray<ArgumentForm>.Builder forms = ImmutableArray.CreateBuilder<ArgumentForm>(arguments.Length);
        foreach (ArgumentKind kind in arguments) forms.Add(ArgumentForm.Of(kind));
        return new((byte)name, spelling, success, failure, forms.MoveToImmutable());
    }
}
