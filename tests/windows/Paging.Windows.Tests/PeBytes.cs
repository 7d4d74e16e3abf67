using System.Buffers.Binary;
using System.Text;
using Paging.Windows.Images;

namespace Paging.Windows.Tests;

/// <summary>The bytes of a small program in the PE format, field by field. Source: Microsoft, PE Format.</summary>
internal sealed class PeBytes
{
    public const uint Start = 0x40, Header = Start + 4, Optional = Header + 20, OptionalLength = 0xE0, Sections = Optional + OptionalLength;

    public PeBytes(int byteLength = 0x600)
    {
        Bytes = new byte[byteLength];
        "MZ"u8.CopyTo(Bytes);
        Word(0x3C, Start);
        "PE\0\0"u8.CopyTo(Bytes.AsSpan((int)Start));
        Half(Header, 0x14C);                         // for i386
        Half(Header + 16, (ushort)OptionalLength);
        Half(Header + 18, 0x102);                    // linked, 32 bits
        Half(Optional, 0x10B);
        Word(Optional + 16, 0x1000);                 // where it starts
        Word(Optional + 28, 0x40_0000);              // its base
        Word(Optional + 32, 0x1000);                 // sections are aligned so in memory
        Word(Optional + 56, 0x4000);                 // its length
        Word(Optional + 60, 0x200);                  // of its headers
        Word(Optional + 72, 0x20_0000);              // stack, reserved and committed
        Word(Optional + 76, 0x3000);
        Word(Optional + 92, 16);                     // directories
    }

    public byte[] Bytes { get; private set; }

    public int SectionCount { get; private set; }

    public PeBytes Word(uint at, uint value)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(Bytes.AsSpan((int)at), value);
        return this;
    }

    public PeBytes Half(uint at, ushort value)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(Bytes.AsSpan((int)at), value);
        return this;
    }

    public PeBytes Section(string name, uint place, uint length, uint offset, uint fileLength, uint flags = 0x4000_0040)
    {
        uint at = Sections + ((uint)SectionCount++ * 40);
        Encoding.ASCII.GetBytes(name, Bytes.AsSpan((int)at));
        Word(at + 8, length);
        Word(at + 12, place);
        Word(at + 16, fileLength);
        Word(at + 20, offset);
        Word(at + 36, flags);
        return Half(Header + 2, (ushort)SectionCount);
    }

    public PeBytes Cut(int byteLength)
    {
        Bytes = Bytes[..byteLength];
        return this;
    }

    /// <summary>The image, or why it is none.</summary>
    public string Read(out PeImage image)
    {
        PeImage.TryRead(Bytes, out image, out string refusal);
        return refusal;
    }
}
