using System.Globalization;

namespace Paging.Core.Tests;

/// <summary>
/// A device of 4 pages that writes down every access, keeps what is stored, and does what a test asks at the next access.
/// </summary>
internal sealed class RecordingDevice : INativeDevice
{
    public const int ByteLength = 4 * 4096;

    private readonly byte[] _bytes = new byte[ByteLength];

    /// <summary>Every access: <c>L4@10</c> is a load of 4 bytes at offset 0x10; S is a store, F a fetch of code.</summary>
    public List<string> Accesses { get; } = [];

    public bool IsSilent { get; set; }

    public Action? Interrupt { get; set; }

    public Span<byte> Bytes => _bytes;

    public nint Functions => 0x5EED;    // never called: no native code runs here

    public ulong Load(ulong offset, int byteLength) => Read('L', offset, byteLength);

    public ulong Fetch(ulong offset, int byteLength) => Read('F', offset, byteLength);

    private ulong Read(char kind, ulong offset, int byteLength)
    {
        Note(kind, offset, byteLength);
        ulong value = 0;
        for (int i = 0; i < byteLength; i++) value |= (ulong)_bytes[(int)offset + i] << (8 * i);
        return value | (byteLength == 8 ? 0 : ulong.MaxValue << (8 * byteLength));    // garbage in the bytes beyond the access
    }

    public void Store(ulong offset, int byteLength, ulong value)
    {
        Note('S', offset, byteLength);
        if (byteLength != 8 && value >> (8 * byteLength) != 0) throw new InvalidOperationException("Bytes above the value are not 0.");
        for (int i = 0; i < byteLength; i++) _bytes[(int)offset + i] = (byte)(value >> (8 * i));
    }

    /// <summary>Returns the accesses since the last call.</summary>
    public string Take()
    {
        string accesses = string.Join(' ', Accesses);
        Accesses.Clear();
        return accesses;
    }

    private void Note(char kind, ulong offset, int byteLength)
    {
        Interrupt?.Invoke();
        if (!IsSilent) Accesses.Add(string.Create(CultureInfo.InvariantCulture, $"{kind}{byteLength}@{offset:x}"));
    }
}
