using System.Globalization;
using System.Text;
using Paging.Native;
using Paging.Pictures.Snapshots;

namespace Paging.View;

/// <summary>The bytes of a page in hexadecimal and as text. A star stands before those that differ from the last page shown.</summary>
internal static class PageBytes
{
    private const int LineLength = 8, LineCountMax = 64;

    /// <summary>The page that holds an address, for each process that has it in RAM; lines of zeros only if they have changed.</summary>
    public static string Answer(ViewSession session, VirtualAddress address)
    {
        StringBuilder text = new();
        foreach (SpaceView space in session.Now.Spaces)
        {
            EntryView entry = space.EntryOf(address.Page);
            if (!entry.Entry.IsPresent || entry.Entry.Frame.Value >= session.FrameCount) continue;
            byte[] now = session.ReadFrame(entry.Entry.Frame), before = session.ShowBytes(space.ProcessId, address.Page, now);
            text.Append(CultureInfo.InvariantCulture, $"process {space.Number}, frame {entry.Entry.Frame.Value:x3}\n");
            AppendLines(text, address.Page, now, before);
        }

        return text.Length == 0 ? $"page {address.Page.Value << 12:x8} is in no frame" : text.ToString().TrimEnd('\n');
    }

    private static void AppendLines(StringBuilder text, PageNumber page, byte[] now, byte[] before)
    {
        int count = 0;
        for (int at = 0; at < now.Length; at += LineLength)
        {
            ReadOnlySpan<byte> line = now.AsSpan(at, LineLength), old = before.AsSpan(at, LineLength);
            if (!line.ContainsAnyExcept((byte)0) && line.SequenceEqual(old)) continue;
            if (++count > LineCountMax)
            {
                text.Append("and more\n");
                return;
            }

            text.Append(CultureInfo.InvariantCulture, $"{(page.Value << 12) + (uint)at:x8} ");
            for (int i = 0; i < LineLength; i++)
                text.Append(CultureInfo.InvariantCulture, $"{(line[i] == old[i] ? ' ' : '*')}{line[i]:x2}");
            text.Append("  ");
            foreach (byte letter in line) text.Append(letter is >= 0x20 and < 0x7F ? (char)letter : '.');
            text.Append('\n');
        }

        text.Append(count == 0 ? "all zeros\n" : "the rest is zeros\n");
    }
}
