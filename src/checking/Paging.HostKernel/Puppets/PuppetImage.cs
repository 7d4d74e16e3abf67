using System.Buffers.Binary;
using Paging.HostKernel.Interop;

namespace Paging.HostKernel.Puppets;

/// <summary>The static i386 program that the kernel starts: it maps the block, jumps into it and is then thrown away.</summary>
/// <remarks><code>
///   break - 0x2000   text: headers and a few instructions          the kernel takes the end of the last segment
///   break - 0x1000   bss, so that the program break begins here ►  for the initial break (no randomisation)
/// </code>
/// The bss has no bytes in the file: start_data = end_data, and RLIMIT_DATA then counts only break - start.
/// </remarks>
internal static class PuppetImage
{
    private const int HeaderByteLength = 52, SegmentByteLength = 32, SegmentCount = 3;
    private const int CodeOffset = HeaderByteLength + (SegmentCount * SegmentByteLength);
    private const uint Load = 1, GnuStack = 0x6474_E551;
    private const uint Execute = 1, Write = 2, Read = 4;
    private const uint MapSharedFixedPopulate = 0x8011, ReadWriteExecute = 7;

    /// <summary>The lowest break an image can have.</summary>
    internal const uint BreakMin = 0x1_2000;

    /// <summary>Makes the program file whose process begins with this break.</summary>
    internal static byte[] Build(uint programBreak, PuppetLayout layout)
    {
        uint text = programBreak - (2 * PuppetLayout.PageByteLength), bss = programBreak - PuppetLayout.PageByteLength;
        byte[] code = Code(text + CodeOffset, layout);
        byte[] image = new byte[CodeOffset + code.Length];
        code.CopyTo(image, CodeOffset);
        WriteHeader(image, entry: text + CodeOffset);
        Span<byte> segments = image.AsSpan(HeaderByteLength);
        WriteSegment(segments, Load, text, (uint)image.Length, (uint)image.Length, Read | Execute);
        WriteSegment(segments[SegmentByteLength..], Load, bss, 0, PuppetLayout.PageByteLength, Read | Write);
        // Without this one the kernel makes every readable mapping executable (READ_IMPLIES_EXEC).
        WriteSegment(segments[(2 * SegmentByteLength)..], GnuStack, 0, 0, 0, Read | Write);
        return image;
    }

    private static byte[] Code(uint origin, PuppetLayout layout)
    {
        Assembler code = new(origin);
        code.Set(Register.Ebx, layout.Reserved);
        code.Set(Register.Ecx, layout.ByteLength);
        code.Set(Register.Edx, ReadWriteExecute);
        code.Set(Register.Esi, MapSharedFixedPopulate);
        code.Set(Register.Edi, PuppetLayout.ControlDescriptor);
        code.Set(Register.Ebp, 0);
        code.SystemCall(I386Call.Mmap);
        code.Set(Register.Ebp, layout.Slot(0));
        code.Set(Register.Eax, layout.Code);
        code.Emit(0xFF, 0xE0);                              // jmp eax
        return code.Finish();
    }

    private static void WriteHeader(Span<byte> header, uint entry)
    {
        ReadOnlySpan<byte> identification = [0x7F, (byte)'E', (byte)'L', (byte)'F', 1, 1, 1];    // 32 bits, little-endian, version 1
        identification.CopyTo(header);
        Half(header, 16, 2);                                // ET_EXEC
        Half(header, 18, 3);                                // EM_386
        Word(header, 20, 1);                                // version
        Word(header, 24, entry);
        Word(header, 28, HeaderByteLength);                 // where the segments are
        Half(header, 40, HeaderByteLength);
        Half(header, 42, SegmentByteLength);
        Half(header, 44, SegmentCount);
    }

    private static void WriteSegment(Span<byte> segment, uint type, uint address, uint fileByteLength, uint byteLength, uint rights)
    {
        Word(segment, 0, type);
        Word(segment, 8, address);                          // offset in the file (at 4) stays 0
        Word(segment, 12, address);
        Word(segment, 16, fileByteLength);
        Word(segment, 20, byteLength);
        Word(segment, 24, rights);
        Word(segment, 28, PuppetLayout.PageByteLength);
    }

    private static void Half(Span<byte> bytes, int at, ushort value) => BinaryPrimitives.WriteUInt16LittleEndian(bytes[at..], value);

    private static void Word(Span<byte> bytes, int at, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(bytes[at..], value);
}
