using Paging.Native;
using Paging.Native.Tables;

namespace Paging.Processors.Tests;

/// <summary>An independent MMU, asked one access at a time.</summary>
internal interface IMmuOracle : IDisposable
{
    /// <summary>
    /// True where A of the directory's entry stays clear on a walk that faults below it: the architecture leaves that open.
    /// </summary>
    bool LeavesUpperAccessedOnFault { get; }

    /// <summary>Does one access as the processor does: A and D are set in RAM, and a store is undone.</summary>
    OracleAnswer Access(in OracleQuestion question);
}

/// <summary>One access.</summary>
internal readonly record struct OracleQuestion(FrameNumber Directory, VirtualAddress Address, AccessKind Kind, ProcessorMode Mode,
    bool WriteProtect, bool PageSizeExtensions, TableFormat Format = TableFormat.Classic, bool NoExecute = true)
{
    /// <summary>The answer of our walker for this format.</summary>
    public OracleAnswer AskOurs(PhysicalMemory ram)
    {
        WalkResult walk = Format == TableFormat.Pae
            ? PaeWalker.Walk(ram, Directory, Address, Kind, Mode, WriteProtect, NoExecute)
            : ClassicWalker.Walk(ram, Directory, Address, Kind, Mode, WriteProtect, PageSizeExtensions);
        return walk.Succeeded ? OracleAnswer.At(walk.Physical) : OracleAnswer.Fault(walk.ErrorCode, Address);
    }

    public override string ToString() =>
        $"{Mode} {Kind} of {Address} through directory "
            + $"{Directory.Value:x}{(WriteProtect ? "" : ", WP clear")}{(PageSizeExtensions ? "" : ", PSE clear")}"
            + $"{(NoExecute ? "" : ", NXE clear")}";
}

/// <summary>The answer: a physical address, or a page fault's error code and CR2.</summary>
internal readonly record struct OracleAnswer(bool Succeeded, ulong Physical, uint ErrorCode, uint FaultAddress)
{
    public static OracleAnswer At(PhysicalAddress physical) => new(true, physical.Value, 0, 0);

    public static OracleAnswer Fault(PageFaultErrorCode code, VirtualAddress address) => new(false, 0, (uint)code, address.Value);

    public override string ToString() => Succeeded ? $"physical {Physical:x8}" : $"#PF {ErrorCode:x} at {FaultAddress:x8}";
}
