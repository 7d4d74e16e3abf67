namespace Paging.WindowsGuest.Images;

/// <summary>A variable that a library exports.</summary>
/// <param name="Name">Its name there.</param>
/// <param name="ByteLength">How long it is; zeros at first.</param>
internal readonly record struct LibraryVariable(string Name, uint ByteLength);
