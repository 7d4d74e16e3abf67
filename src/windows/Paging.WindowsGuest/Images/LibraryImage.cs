using System.Buffers.Binary;
using System.Text;

namespace Paging.WindowsGuest.Images;

//   0000 headers │ 1000 .text: a stub for each function │ .rdata: the export directory and its names │ .data: variables
/// <summary>Makes the file of a library of the system: a PE32 image whose functions are stubs, and whose exports can be read.</summary>
/// <remarks>Offsets in the file are those in memory. Source: Microsoft, PE Format: headers, section table, .edata.</remarks>
internal sealed class LibraryImage
{
    private const uint PageLength = 0x1000, NewHeader = 0x80, OptionalHeader = NewHeader + 24, OptionalLength = 0xE0, SectionLength = 40;
    private const uint Code = 0x6000_0020, ReadOnlyData = 0x4000_0040, Data = 0xC000_0040;
    private const ushort IsExecutable = 2, Is32Bit = 0x100, IsLibrary = 0x2000;    // IMAGE_FILE_*

    private readonly byte[] _file;
    private readonly SortedDictionary<string, uint> _places = new(StringComparer.Ordinal);

    private LibraryImage(int byteLength) => _file = new byte[byteLength];

    /// <summary>The bytes of the file.</summary>
    public ReadOnlyMemory<byte> File => _file;

    /// <summary>The place that each name leads to, from the start of the image, in the order of names.</summary>
    public IReadOnlyDictionary<string, uint> Places => _places;

    /// <summary>Makes one.</summary>
    /// <param name="name">Its name, as in <c>kernel32.dll</c>.</param>
    /// <param name="preferredBase">Its preferred base address.</param>
    /// <param name="functions">Its functions, with the code of their stubs: each of one length.</param>
    /// <param name="variables">Its variables.</param>
    public static LibraryImage Make(
        string name, uint preferredBase, IReadOnlyList<(string Name, byte[] Stub)> functions,
        IReadOnlyList<LibraryVariable> variables)
    {
        int count = functions.Count + variables.Count;
        uint stubLength = (uint)functions[0].Stub.Length, textLength = (uint)functions.Count * stubLength;
        int namesLength = functions.Sum(static one => one.Name.Length + 1) + variables.Sum(static one => one.Name.Length + 1);
        uint exportsLength = (uint)(40 + (count * 10) + namesLength + name.Length + 1);    // the directory; address, name, ordinal of each
        uint dataLength = Math.Max(4, (uint)variables.Sum(static one => Aligned(one.ByteLength, 8)));    // no section is empty
        uint text = PageLength, exports = text + Aligned(textLength, PageLength), data = exports + Aligned(exportsLength, PageLength);
        uint length = data + Aligned(dataLength, PageLength);
        LibraryImage image = new((int)length);
        for (int i = 0; i < functions.Count; i++)
        {
            uint place = text + ((uint)i * stubLength);
            functions[i].Stub.CopyTo(image._file.AsSpan((int)place));
            image._places.Add(functions[i].Name, place);
        }

        uint at = data;
        foreach (LibraryVariable variable in variables)
        {
            image._places.Add(variable.Name, at);
            at += Aligned(variable.ByteLength, 8);
        }

        image.WriteHeaders(preferredBase, length, (exports, exportsLength));
        image.WriteSection(0, ".text", text, Aligned(textLength, PageLength), Code);
        image.WriteSection(1, ".rdata", exports, Aligned(exportsLength, PageLength), ReadOnlyData);
        image.WriteSection(2, ".data", data, Aligned(dataLength, PageLength), Data);
        image.WriteExports(exports, name);
        return image;
    }

    private void WriteHeaders(uint preferredBase, uint length, (uint Place, uint Length) exports)
    {
        "MZ"u8.CopyTo(_file);
        Put(0x3C, NewHeader);
        "PE\0\0"u8.CopyTo(_file.AsSpan((int)NewHeader));
        ReadOnlySpan<(uint Offset, ushort Value)> halves =
        [
            (NewHeader + 4, 0x14C), (NewHeader + 6, 3), (NewHeader + 20, (ushort)OptionalLength),    // i386, three sections
            (NewHeader + 22, IsExecutable | Is32Bit | IsLibrary), (OptionalHeader, 0x10B), (OptionalHeader + 40, 10),
            (OptionalHeader + 48, 10), (OptionalHeader + 68, 3),    // IMAGE_SUBSYSTEM_WINDOWS_CUI
        ];
        foreach ((uint offset, ushort value) in halves) BinaryPrimitives.WriteUInt16LittleEndian(_file.AsSpan((int)offset), value);
        ReadOnlySpan<(uint Offset, uint Value)> words =
            [(28, preferredBase), (32, PageLength), (36, PageLength), (56, length), (60, PageLength), (92, 16), (96, exports.Place),
                (100, exports.Length)];
        foreach ((uint offset, uint value) in words) Put(OptionalHeader + offset, value);
    }

    private void WriteSection(uint index, string name, uint place, uint length, uint characteristics)
    {
        uint at = OptionalHeader + OptionalLength + (index * SectionLength);
        Encoding.Latin1.GetBytes(name, _file.AsSpan((int)at));
        ReadOnlySpan<uint> words = [length, place, length, place];
        for (int i = 0; i < words.Length; i++) Put(at + 8 + ((uint)i * 4), words[i]);
        Put(at + 36, characteristics);
    }

    /// <summary>The directory, then addresses, names and ordinals in the order of names, then the texts.</summary>
    private void WriteExports(uint start, string name)
    {
        uint count = (uint)_places.Count, functions = start + 40, names = functions + (count * 4), ordinals = names + (count * 4);
        uint text = ordinals + (count * 2);
        ReadOnlySpan<uint> directory = [0, 0, 0, text, 1, count, count, functions, names, ordinals];    // ordinals count from 1
        for (int i = 0; i < directory.Length; i++) Put(start + ((uint)i * 4), directory[i]);
        text = PutText(text, name);
        uint index = 0;
        foreach ((string export, uint place) in _places)
        {
            Put(functions + (index * 4), place);
            Put(names + (index * 4), text);
            BinaryPrimitives.WriteUInt16LittleEndian(_file.AsSpan((int)(ordinals + (index * 2))), (ushort)index);    // without the base
            text = PutText(text, export);
            index++;
        }
    }

    private uint PutText(uint at, string text) => at + (uint)Encoding.Latin1.GetBytes(text, _file.AsSpan((int)at)) + 1;

    private void Put(uint at, uint word) => BinaryPrimitives.WriteUInt32LittleEndian(_file.AsSpan((int)at), word);

    private static uint Aligned(uint length, uint unit) => (length + unit - 1) / unit * unit;
}
