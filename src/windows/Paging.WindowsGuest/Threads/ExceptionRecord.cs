using System.Buffers.Binary;
using Paging.Native;
using Paging.Processors;
using Paging.Windows;

namespace Paging.WindowsGuest.Threads;

/// <summary>An exception: code, address, and up to 15 parameters. EXCEPTION_RECORD of winnt.h.</summary>
/// <param name="Code">EXCEPTION_*; most are statuses.</param>
/// <param name="Flags">EXCEPTION_NONCONTINUABLE.</param>
/// <param name="At">The instruction.</param>
/// <param name="Parameters">Of an access violation: the kind of access, and the address.</param>
internal sealed record ExceptionRecord(uint Code, uint Flags, VirtualAddress At, uint[] Parameters)
{
    public const int ByteLength = 80, ParameterCountMax = 15;    // EXCEPTION_MAXIMUM_PARAMETERS

    private const uint Breakpoint = 0x8000_0003, SingleStep = 0x8000_0004, IllegalInstruction = 0xC000_001D,
        ArrayBounds = 0xC000_008C, FloatInvalid = 0xC000_0090, IntegerDivide = 0xC000_0094, IntegerOverflow = 0xC000_0095,
        Misalignment = 0x8000_0002;

    /// <summary>The record of the exception with which the processor came back.</summary>
    public static ExceptionRecord Of(WindowsProcess process, in ProcessorExit exit, uint eip)
    {
        VirtualAddress at = new(eip);
        return exit.Vector switch
        {
            ProcessorVector.PageFault => OfPageFault(process, exit, at),
            ProcessorVector.DivideError => new(IntegerDivide, 0, at, []),
            ProcessorVector.Debug => new(SingleStep, 0, at, []),
            ProcessorVector.Breakpoint => new(Breakpoint, 0, at, [0]),
            ProcessorVector.Overflow => new(IntegerOverflow, 0, at, []),
            ProcessorVector.Bound => new(ArrayBounds, 0, at, []),
            ProcessorVector.InvalidInstruction => new(IllegalInstruction, 0, at, []),
            ProcessorVector.FloatingPoint or ProcessorVector.SimdFloatingPoint => new(FloatInvalid, 0, at, []),
            ProcessorVector.Alignment => new(Misalignment, 0, at, []),
            _ => new((uint)NtStatus.AccessViolation, 0, at, [0, uint.MaxValue]),    // #GP names no address
        };
    }

    public void Write(Span<byte> record)
    {
        record[..ByteLength].Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(record, Code);
        BinaryPrimitives.WriteUInt32LittleEndian(record[4..], Flags);
        BinaryPrimitives.WriteUInt32LittleEndian(record[12..], At.Value);    // 8: a nested record, of which there is none
        BinaryPrimitives.WriteInt32LittleEndian(record[16..], Parameters.Length);
        for (int i = 0; i < Parameters.Length; i++) BinaryPrimitives.WriteUInt32LittleEndian(record[(20 + (i * 4))..], Parameters[i]);
    }

    private static ExceptionRecord OfPageFault(WindowsProcess process, in ProcessorExit exit, VirtualAddress at)
    {
        PageFaultErrorCode error = (PageFaultErrorCode)exit.ErrorCode;
        bool isFetch = (error & PageFaultErrorCode.InstructionFetch) != 0;
        AccessIntent intent = isFetch ? AccessIntent.Execute
            : (error & PageFaultErrorCode.Write) != 0 ? AccessIntent.Write : AccessIntent.Read;
        (NtStatus code, NtStatus reason) = process.Exception;
        // Above the user half the engine was not asked: the status is that of an earlier fault
        bool isOurs = exit.Address.Value < process.AddressLimit.Value && code != NtStatus.Success;
        if (!isOurs) code = NtStatus.AccessViolation;
        uint[] parameters = code == NtStatus.InPageError
            ? [(uint)intent, exit.Address.Value, (uint)reason] : [(uint)intent, exit.Address.Value];
        return new((uint)code, 0, at, parameters);
    }
}
