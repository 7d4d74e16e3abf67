using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Paging.Processors.Tests;

//   linear FFC00000 + n·4096 = physical FFF00000 + n·4096
//   0  GDT, entry to ring 3      4  stack of ring 0
//   6  the instructions to be executed (user may execute)      7  the table for entry 1023
//   8  the fourth directory of a PAE pointer table             9  the table for its entry 510
/// <summary>
/// Ten pages beside RAM that a bare x86 needs before it can be asked anything; hung into entry 1023 of the directory in question, or
/// under PAE into the last gigabyte.
/// </summary>
internal sealed unsafe class OracleStub : IDisposable
{
    public const uint Physical = 0xFFF0_0000, Linear = 0xFFC0_0000, ByteLength = 10 * 4096;
    public const uint Load = Linear + 0x6000, Store = Load + 16, Jump = Load + 32;
    public const uint DirectoryEntry = (Physical + 0x7000) | 0x67;
    public const ulong Pointer = (Physical + 0x8000) | 1, WideDirectoryEntry = (Physical + 0x9000) | 0x67;
    public const int WideIndex = 510;
    public const uint EntryFrame = Linear + 0x5000 - 20, EntryCode = Linear + 0x400;

    private const uint Supervisor = 0x63, User = 0x67;

    public OracleStub()
    {
        Address = (byte*)NativeMemory.AlignedAlloc(ByteLength, 4096);
        Span<byte> bytes = new(Address, (int)ByteLength);
        bytes.Clear();
        ReadOnlySpan<(int Selector, ulong Word)> segments =
            [(0x60, 0x00CF_9B00_0000_FFFF), (0x68, 0x00CF_9300_0000_FFFF), (0x70, 0x00CF_FB00_0000_FFFF), (0x78, 0x00CF_F300_0000_FFFF)];
        foreach ((int selector, ulong word) in segments) BinaryPrimitives.WriteUInt64LittleEndian(bytes[selector..], word);
        // mov ax,7B; mov ds,ax; mov es,ax; iret
        ((ReadOnlySpan<byte>)[0x66, 0xB8, 0x7B, 0x00, 0x8E, 0xD8, 0x8E, 0xC0, 0xCF]).CopyTo(bytes[0x400..]);
        uint[] frame = [Linear + 0x6000 + 48, 0x73, 0x202, 0, 0x7B];
        for (int i = 0; i < frame.Length; i++) BinaryPrimitives.WriteUInt32LittleEndian(bytes[(0x5000 - 20 + (i * 4))..], frame[i]);
        ((ReadOnlySpan<byte>)[0x8A, 0x03, 0xCD, 0x81]).CopyTo(bytes[0x6000..]);       // mov al,[ebx]; int 81
        ((ReadOnlySpan<byte>)[0x88, 0x03, 0xCD, 0x81]).CopyTo(bytes[0x6010..]);       // mov [ebx],al; int 81
        ((ReadOnlySpan<byte>)[0xFF, 0xE3]).CopyTo(bytes[0x6020..]);                   // jmp ebx
        ((ReadOnlySpan<byte>)[0xCD, 0x81]).CopyTo(bytes[0x6030..]);                   // int 81: where ring 3 begins
        for (uint page = 0; page < 8; page++)
            BinaryPrimitives.WriteUInt32LittleEndian(bytes[(0x7000 + ((int)page * 4))..], (Physical + (page << 12))
                | (page == 6 ? User : Supervisor));
        for (uint page = 0; page < 8; page++)
            BinaryPrimitives.WriteUInt64LittleEndian(bytes[(0x9000 + ((int)page * 8))..], (Physical + (page << 12))
                | (page == 6 ? User : Supervisor));
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[(0x8000 + (WideIndex * 8))..], WideDirectoryEntry);
    }

    public byte* Address { get; }

    public void Dispose() => NativeMemory.AlignedFree(Address);
}
