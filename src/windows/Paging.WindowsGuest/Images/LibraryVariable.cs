namespace Paging.WindowsGuest.Images;

/// <summary>A variable that a library exports.</summary>
/// <param name="Name">Its name there.</param>
/// <param name="ByteLength">The length in bytes; zeros at first.</param>
internal readonly record struct LibraryVariable(string Name, uint ByteLength);
