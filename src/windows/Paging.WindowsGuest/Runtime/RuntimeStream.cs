namespace Paging.WindowsGuest.Runtime;

/// <summary>A stream of the C library that is written: bytes are collected first. In text mode LF is written as CR LF.</summary>
internal sealed class RuntimeStream(Stream target, bool isBuffered)
{
    private const int BufferLength = 4096;

    private readonly List<byte> _written = [];

    /// <summary>True for LF as CR LF.</summary>
    public bool IsText { get; set; } = true;

    /// <summary>False: each write goes out at once.</summary>
    public bool IsBuffered { get; set; } = isBuffered;

    /// <summary>Writes bytes. The host reports errors by itself.</summary>
    public void Put(ReadOnlySpan<byte> bytes)
    {
        foreach (byte value in bytes)
        {
            if (IsText && value == '\n') _written.Add((byte)'\r');
            _written.Add(value);
            if (_written.Count >= BufferLength) Flush();
        }

        if (!IsBuffered) Flush();
    }

    /// <summary>Writes the collected bytes.</summary>
    public void Flush()
    {
        if (_written.Count == 0) return;
        target.Write([.. _written]);
        target.Flush();
        _written.Clear();
    }
}
