using Paging.Native;

namespace Paging.Processors.Tests;

/// <summary>The MMU of the host's own processor, through KVM, as an oracle.</summary>
/// <remarks>
/// KVM does not report where an access went; the bytes do. So it is asked about recognisable frames only (<see cref="RandomTables"/>): a
/// load of the four bytes after the first of a unit gives the unit's address, a store marks the last byte of one, a fetch comes back
/// with EAX.
/// </remarks>
internal sealed class KvmMmu : IMmuOracle
{
    private const int PageFault = 14, Breakpoint = 3, Done = 0x81;
    private const byte Mark = 0x5A;

    private readonly PhysicalMemory _ram;
    private readonly KvmMachine _machine;

    private KvmMmu(PhysicalMemory ram, KvmMachine machine) => (_ram, _machine) = (ram, machine);

    public bool LeavesUpperAccessedOnFault => true;

    /// <summary>Creates one, or returns null with the reason why this host cannot. A KVM that answers unlike an x86 is rejected.</summary>
    public static KvmMmu? TryCreate(PhysicalMemory ram, out string reason)
    {
        if (KvmMachine.TryCreate(ram, out reason) is not { } machine) return null;
        KvmMmu made = new(ram, machine);
        reason = made.FindWrongAnswer();
        if (reason.Length == 0) return made;
        made.Dispose();
        return null;
    }

    public OracleAnswer Access(in OracleQuestion question)
    {
        ref uint hung = ref _ram.Words(question.Directory)[1023];
        uint before = hung;
        hung = KvmMachine.DirectoryEntry;
        try
        {
            uint entry = question.Mode == ProcessorMode.User ? KvmMachine.EnterUser : KvmMachine.EnterSupervisor;
            uint code = question.Kind switch
            {
                AccessKind.Read => KvmMachine.Load,
                AccessKind.Write => KvmMachine.Store,
                _ => KvmMachine.Jump
            };
            int vector = _machine.Run(question.Directory, question.WriteProtect, question.PageSizeExtensions, entry, code,
                question.Address.Value, out uint outside);
            if (vector < 0) return new(true, outside, 0, 0);
            (uint eax, uint errorCode) = _machine.ReadRegisters();
            if (vector == PageFault) return new(false, 0, errorCode, _machine.ReadCr2());
            if (vector != (question.Kind == AccessKind.Fetch ? Breakpoint : Done))
                throw new InvalidOperationException($"{question}: vector {vector}");
            return new(true, question.Kind switch { AccessKind.Read => eax + 1, AccessKind.Write => TakeMark(), _ => eax }, 0, 0);
        }
        finally
        {
            hung = before;
        }
    }

    public void Dispose() => _machine.Dispose();

    private uint TakeMark()
    {
        for (uint at = RandomTables.FirstUnit + 15; at < _ram.ByteLength; at += 16)
        {
            ref byte last = ref _ram.Bytes(new PhysicalAddress(at), 1)[0];
            if (last != Mark) continue;
            last = 0;
            return at;
        }

        throw new InvalidOperationException("A store has marked no unit.");
    }

    /// <summary>Four questions whose answers are in any manual.</summary>
    private string FindWrongAnswer()
    {
        FrameNumber directory = new(RandomTables.FirstTable), table = directory + new FrameCount(1);
        Span<uint> upper = _ram.Words(directory), lower = _ram.Words(table);
        upper[0] = (table.Value << 12) | 7;
        (lower[9], lower[10], lower[11]) = ((9u << 12) | 7, (10u << 12) | 5, 0);
        ReadOnlySpan<(uint Address, AccessKind Kind, OracleAnswer Expected)> known =
        [
            (0x9011, AccessKind.Read, new(true, 0x9011, 0, 0)),
            (0xA01F, AccessKind.Write, new(false, 0, 7, 0xA01F)),
            (0xB020, AccessKind.Fetch, new(false, 0, 4, 0xB020)),
            (0x9020, AccessKind.Fetch, new(true, 0x9020, 0, 0)),
        ];
        foreach ((uint address, AccessKind kind, OracleAnswer expected) in known)
        {
            OracleAnswer found = Access(new(directory, new(address), kind, ProcessorMode.User, true, true));
            if (found != expected) return $"KVM here answers {kind} of {address:x} with {found}; an x86 gives {expected}.";
        }

        return (lower[9] & 0xFF) == 0x27 ? "" : $"KVM here leaves {lower[9]:x8} after a read of a page that was not accessed before.";
    }
}
